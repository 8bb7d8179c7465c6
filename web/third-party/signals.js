// State that the page's parts share, and what is done anew when it changes.
export { batch, effect, signal, untracked } from '@preact/signals-core';
