/** A part's own style, fetched when the part is. */

/** @param {URL} url @returns {Promise<void>} once it counts */
export function stylesheet(url) {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = url.href;
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => reject(new Error(`${url.href} could not be fetched`));
    document.querySelector('link[media]')?.before(link); // what is for print or forced colours has the last word
  });
}
