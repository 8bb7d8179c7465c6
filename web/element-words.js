/** The words of the element: those of the page. The package holds only the ones that match, in one file (package/stage.mjs). */

/** Which messages the element uses. */
export const USED =
  /^(page\.notice|start\.choose|phase\..*|decision\.(refer|unclear|repeat|no-finding|covers|(why|do)\..*)|quality\..*|disease\..*\.name|grade\.([1-4]|line|sentence|disagrees)|file\.turned\.(90|270)|findings\.(title|unnamed|(suspected|near)(\.from)?|not|unjudged)|batch\.reason\..*|error\.[a-z-]+(\.(problem|remedy))?)$/;

/** @typedef {Record<string, string | object>} Words */

export const LANGUAGES = ['en', 'zh', 'es', 'fr', 'hi', 'ar'];

/** @param {string} language of LANGUAGES @returns {Promise<Words>} */
export async function wordsFor(language) {
  const { default: words } = await import(`./page/words/${language}.js`);
  return language === 'en' ? { ...words, ...(await import('./page/words/en-later.js')).default } : words;
}
