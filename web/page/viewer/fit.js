/** A row of buttons that never breaks by chance: in other words and letters it takes another room. */

/**
 * Writes the first of some ways in which all of it stands in its room into `data-fit`, which its style reads; if none does,
 * the last. Anew whenever it, or what is in it, takes another room.
 * @param {HTMLElement} root @param {readonly string[]} ways the roomiest first
 */
export function fitted(root, ways) {
  const fit = () => {
    for (const way of ways) {
      root.dataset.fit = way;
      if (root.scrollWidth <= root.clientWidth) return;
    }
  };
  let frame = 0;
  // what changes them from within an observer of their own would be told in a circle
  const inside = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(fit);
  });
  for (const part of root.querySelectorAll('button, select, label')) inside.observe(part);
  new ResizeObserver(fit).observe(root);
}
