// Elements out of templates, drawn again where they differ.
export { html, nothing, render } from 'lit-html';
