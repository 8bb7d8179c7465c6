// Elements out of templates, drawn again where they differ.
export { html, render } from 'lit-html';
