/** The photograph viewer by itself: a stage of its own on the page, with pictures whose every pixel is known. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertPrivate, SCREENSHOTS, siteForAll } from './browser.mjs';

const site = siteForAll();

/** What the tests call inside the page. */
async function rig() {
  const { Viewer } = await import('/web/page/viewer/viewer.js');
  await (await import('/web/page/words/i18n.js')).moreWords(); // as the page's program does
  const layers = await import('/web/page/viewer/layers.js');
  document.querySelector('main').replaceChildren();
  document.querySelector('#load-bar').hidden = true;

  /** Each pixel says where it is: red the low byte of x, green that of y, blue the rest of both. */
  const place = (x, y) => [x & 255, y & 255, (x >> 8) * 16 + (y >> 8)];
  const pixels = (width, height, colour = place) => {
    const image = new ImageData(width, height);
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++, at += 4) image.data.set([...colour(x, y), 255], at);
    return image;
  };
  const options = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };
  const bitmap = (...args) => createImageBitmap(pixels(...args), options);

  /** A stage of 600 CSS pixels' width. */
  const make = (parent = document.querySelector('main')) => {
    const stage = document.createElement('figure');
    stage.className = 'stage';
    stage.append(document.createElement('canvas'));
    stage.style.width = '600px';
    const box = document.createElement('div');
    box.append(stage);
    parent.append(box);
    return { stage, canvas: stage.firstChild, viewer: new Viewer(stage), box };
  };
  const frames = async (n = 2) => {
    for (let i = 0; i < n; i++) await new Promise(requestAnimationFrame);
  };
  /** Until nothing more is drawn or computed. */
  const still = async ({ canvas, stage }) => {
    for (let before = '', quiet = 0; quiet < 2; ) {
      await frames(3);
      const now = canvas.toDataURL();
      quiet = now === before && !stage.hasAttribute('aria-busy') ? quiet + 1 : 0;
      before = now;
    }
  };
  const read = ({ canvas }, x = 0, y = 0, w = canvas.width, h = canvas.height) =>
    canvas.getContext('2d').getImageData(x, y, w, h).data;
  Object.assign(window, { layers, place, pixels, bitmap, make, frames, still, read, Viewer });
}

async function open(options) {
  // The page's frame and style without its program.
  const opened = await site.open(options, (page) =>
    page.route('**/page/shell/main.js', (route) => route.fulfill({ body: '', contentType: 'text/javascript' })),
  );
  await opened.page.evaluate(rig);
  return opened;
}

/** One viewer with a photograph of this size. */
async function withPhoto(width, height, options) {
  const opened = await open(options);
  await opened.page.evaluate(
    async ([w, h]) => {
      window.one = make();
      one.viewer.setSource(await bitmap(w, h));
      await still(one);
    },
    [width, height],
  );
  const box = await opened.page.locator('.stage canvas').boundingBox();
  return { ...opened, box };
}

const zoomOf = (page) => page.evaluate(() => one.viewer.zoom);
const under = (page, x, y) => page.evaluate(([u, v]) => one.viewer.toPhoto(u, v), [x, y]);

/** Presses and lifts fingers as a touch screen does: [x, y] a finger. */
async function touches(page) {
  const client = await page.context().newCDPSession(page);
  return (type, ...fingers) =>
    client.send('Input.dispatchTouchEvent', { type, touchPoints: fingers.map(([x, y], id) => ({ x, y, id })) });
}

function near(actual, expected, tolerance, what) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} instead of ${expected}`);
}

// ---- zooming and moving ----

test('zooming keeps the point under the pointer, and the page does not zoom with it', async () => {
  const { page, box, seen, close } = await withPhoto(1800, 1200);
  const [x, y] = [box.x + 431, box.y + 97];
  await page.mouse.move(x, y);
  const first = await under(page, x, y);
  await page.keyboard.down('Control');
  let zoom = await zoomOf(page);
  for (let i = 0; i < 12; i++) {
    await page.mouse.wheel(0, -120);
    await page.waitForFunction((old) => one.viewer.zoom > old, zoom);
    zoom = await zoomOf(page);
    const now = await under(page, x, y);
    near(now.x, first.x, 1 / zoom, `x at ${zoom}`);
    near(now.y, first.y, 1 / zoom, `y at ${zoom}`);
  }
  assert.ok(zoom > 3, `twelve notches gave ${zoom}`);
  await page.keyboard.up('Control');
  assert.equal(await page.evaluate(() => visualViewport.scale), 1);

  await page.evaluate(() => one.viewer.zoomTo('fit'));
  await page.mouse.dblclick(x, y);
  const now = await under(page, x, y);
  near(await zoomOf(page), 2 / 3, 0.01, 'a double click doubles a third');
  near(now.x, first.x, 1.5, 'x after a double click');
  assertPrivate(seen, site.url);
  await close();
});

test('at 100 % each pixel of the canvas is one of the photograph, also of a large one', async () => {
  const { page, close } = await open();
  for (const [width, height] of [
    [900, 700],
    [4000, 3000],
  ]) {
    const wrong = await page.evaluate(
      async ([w, h]) => {
        const one = make();
        one.viewer.setSource(await bitmap(w, h));
        let bad = 0;
        for (const scale of [1, 4]) {
          one.viewer.zoomTo(scale, { x: w * 0.61, y: h * 0.37 });
          await still(one);
          const { width, height } = one.canvas;
          const box = one.canvas.getBoundingClientRect();
          const data = read(one);
          for (let y = 0, at = 0; y < height; y++)
            for (let x = 0; x < width; x++, at += 4) {
              const p = one.viewer.toPhoto(box.left + x + 0.5, box.top + y + 0.5);
              const [r, g, b] = place(Math.floor(p.x), Math.floor(p.y));
              if (data[at] !== r || data[at + 1] !== g || data[at + 2] !== b) bad++;
            }
        }
        one.box.remove();
        return bad;
      },
      [width, height],
    );
    assert.equal(wrong, 0, `${width} x ${height}: pixels that are not the photograph's`);
  }
  await close();
});

test('fit shows the whole photograph, and still does after the window changes', async () => {
  const { page, close } = await withPhoto(2000, 1500);
  const corners = () =>
    page.evaluate(async () => {
      await still(one);
      const { width, height } = one.canvas;
      const at = (x, y) => [...read(one, x, y, 1, 1)].slice(0, 3);
      return [one.viewer.zoom * 2000 - width, one.viewer.zoom * 1500 - height, at(1, 1), at(width - 2, height - 2)];
    });
  for (const width of [600, 450]) {
    await page.evaluate((w) => {
      one.stage.style.width = `${w}px`;
    }, width);
    const [dx, dy, first, last] = await corners();
    near(dx, 0, 1, 'width');
    near(dy, 0, 1, 'height');
    near(first[0], 4, 3, 'the first pixel is at the left');
    near(last[2], (1999 >> 8) * 16 + (1499 >> 8), 3, 'the last at the lower right');
  }
  await close();
});

test('keys and buttons zoom and move; the zoom is shown and said', async () => {
  const { page, close } = await withPhoto(1200, 900);
  const level = () => page.locator('.level').textContent();
  assert.equal(await level(), '50%');
  await page.locator('.stage').focus();
  await page.keyboard.press('+');
  near(await zoomOf(page), 0.67, 1e-9, 'one step');
  await page.keyboard.press('1');
  near(await zoomOf(page), 1, 1e-9, '100 %');
  await page.waitForFunction(() => document.querySelector('.level').textContent === '100%');
  await page.waitForFunction(() => /Zoom 100%/.test(document.querySelector('.viewer-tools [role=status]').textContent));
  const before = await page.evaluate(() => one.viewer.centre);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowUp');
  const moved = await page.evaluate(() => one.viewer.centre);
  near(moved.x - before.x, 60, 1e-6, 'a tenth of the view to the right');
  near(moved.y - before.y, -45, 1e-6, 'and up');
  await page.keyboard.press('-');
  near(await zoomOf(page), 0.67, 1e-9, 'back');
  await page.keyboard.press('0');
  near(await zoomOf(page), 0.5, 1e-9, 'whole');

  await page.getByRole('button', { name: 'Zoom in' }).click();
  near(await zoomOf(page), 0.67, 1e-9, 'button +');
  await page.getByRole('button', { name: '100%' }).click();
  near(await zoomOf(page), 1, 1e-9, 'button 100 %');
  for (let i = 0; i < 20; i++) await page.getByRole('button', { name: 'Zoom in' }).press('Enter');
  near(await zoomOf(page), 32, 1e-9, 'the most');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), '+', 'the focus stays at the end');
  await page.getByRole('button', { name: 'Fit' }).click();
  near(await zoomOf(page), 0.5, 1e-9, 'button Fit');
  await close();
});

test('a drag moves the photograph with the mouse and never past its edge', async () => {
  const { page, box, close } = await withPhoto(1200, 900);
  await page.evaluate(() => one.viewer.zoomTo(1, { x: 600, y: 450 }));
  const [x, y] = [box.x + 300, box.y + 200];
  const held = await under(page, x, y);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 50, y - 30, { steps: 4 });
  const carried = await under(page, x + 50, y - 30);
  near(carried.x, held.x, 0.01, 'x under the hand');
  near(carried.y, held.y, 0.01, 'y under the hand');
  await page.mouse.move(x + 900, y, { steps: 4 });
  await page.mouse.up();
  near((await under(page, box.x, y)).x, 0, 0.01, 'the left edge');
  await close();
});

test('the wheel scrolls the page until the photograph was clicked, and again at the end of the zoom', async () => {
  const { page, box, close } = await withPhoto(1200, 900);
  await page.evaluate(() => {
    document.querySelector('main').style.minHeight = '4000px';
  });
  const scrolled = (from) => page.waitForFunction((y) => scrollY > y, from);
  await page.evaluate(() => one.viewer.zoomTo(2));
  await page.mouse.move(box.x + 300, box.y + 200);
  await page.mouse.wheel(0, 50);
  await scrolled(0);
  near(await zoomOf(page), 2, 1e-9, 'not zoomed');
  await page.evaluate(() => {
    scrollTo(0, 0);
    one.viewer.zoomTo('fit');
  });
  await page.mouse.click(box.x + 300, box.y + 200);
  await page.mouse.wheel(0, -100);
  await page.waitForFunction(() => one.viewer.zoom > 0.5);
  assert.equal(await page.evaluate(() => scrollY), 0);
  await page.evaluate(() => one.viewer.zoomTo('fit'));
  await page.mouse.wheel(0, 100);
  await scrolled(0);
  await close();
});

test('two fingers zoom and move', async () => {
  const { page, box, close } = await withPhoto(1200, 900, {
    viewport: { width: 700, height: 800 },
    hasTouch: true,
    isMobile: true,
  });
  const touch = await touches(page);
  const [x, y] = [box.x + 300, box.y + 200];
  const first = await under(page, x, y);
  await touch('touchStart', [x - 40, y]);
  await touch('touchStart', [x - 40, y], [x + 40, y]);
  for (const apart of [60, 90, 120, 160]) await touch('touchMove', [x - apart, y], [x + apart, y]);
  await page.waitForFunction(() => one.viewer.zoom > 1.9);
  near(await zoomOf(page), 2, 0.01, 'four times as far apart');
  const now = await under(page, x, y);
  near(now.x, first.x, 1, 'x between the fingers');
  near(now.y, first.y, 1, 'y between the fingers');
  await touch('touchMove', [x - 200, y - 30], [x + 120, y - 30]); // both move, as far apart as before
  await page.waitForFunction((at) => Math.abs(one.viewer.toPhoto(at[0] - 40, at[1] - 30).x - at[2]) < 1, [x, y, now.x]);
  near(await zoomOf(page), 2, 0.01, 'no farther apart');
  await touch('touchEnd');
  assert.equal(await page.evaluate(() => visualViewport.scale), 1, 'the page itself is not zoomed');
  await close();
});

test('one finger scrolls the page while all is in sight, and moves the photograph once zoomed in', async () => {
  const { page, box, close } = await withPhoto(1200, 900, {
    viewport: { width: 700, height: 500 },
    hasTouch: true,
    isMobile: true,
  });
  await page.evaluate(() => {
    document.querySelector('main').style.minHeight = '3000px';
  });
  const touch = await touches(page);
  const swipe = async (x, from, to) => {
    await touch('touchStart', [x, from]);
    for (let i = 1; i <= 8; i++) await touch('touchMove', [x, from + ((to - from) * i) / 8]);
    await touch('touchEnd');
  };
  await swipe(box.x + 300, box.y + 300, box.y + 100);
  await page.waitForFunction(() => scrollY > 50);
  near(await zoomOf(page), 0.5, 1e-9, 'not zoomed');
  await page.evaluate(async () => {
    for (let y = -1; y !== scrollY; await frames(10)) y = scrollY; // it rolls on
    scrollTo(0, 0);
    one.viewer.zoomTo(2);
    await still(one);
  });
  const before = await page.evaluate(() => one.viewer.centre.y);
  await swipe(box.x + 300, box.y + 300, box.y + 100);
  await page.waitForFunction((y) => one.viewer.centre.y > y + 80, before);
  assert.equal(await page.evaluate(() => scrollY), 0);
  await close();
});

// ---- layers, wipe, views ----

test('layers lie on their pixels at 400 %, and the wipe cuts in the space of the screen', async () => {
  const { page, close } = await withPhoto(2600, 1300);
  const found = await page.evaluate(async () => {
    // three single pixels, one on each side of a tile's edge, and a picture with the same ones
    const dots = [
      [1023, 500],
      [1024, 503],
      [1060, 520],
    ];
    const data = new Uint8Array(2600 * 1300);
    for (const [x, y] of dots) data[y * 2600 + x] = 255;
    const layer = { width: 2600, height: 1300, data };
    const wrong = {};
    for (const [name, picture] of [
      ['tiled', layers.tiledLayer(layer, layers.vesselColours)],
      ['picture', layers.picture(layer, 2600, 1300, layers.vesselColours)],
    ]) {
      one.viewer.setOverlay([{ picture, opacity: 1 }], 'dots');
      one.viewer.zoomTo(4, { x: 1030, y: 510 });
      await still(one);
      const box = one.canvas.getBoundingClientRect();
      const { width, height } = one.canvas;
      const pixels = read(one);
      let bad = 0;
      for (let y = 0, at = 0; y < height; y++)
        for (let x = 0; x < width; x++, at += 4) {
          const p = one.viewer.toPhoto(box.left + x + 0.5, box.top + y + 0.5);
          const [u, v] = [Math.floor(p.x), Math.floor(p.y)];
          const dot = dots.some(([a, b]) => a === u && b === v);
          const want = dot ? [56, 232, 255] : place(u, v);
          if (want.some((value, k) => value !== pixels[at + k])) bad++;
        }
      wrong[name] = bad;
    }
    // the wipe, in the middle of the screen, hides the dots on its left
    one.viewer.compare({ left: [], names: ['a', 'b'] });
    const middle = one.viewer.toPhoto(one.canvas.getBoundingClientRect().left + one.canvas.width / 2, 0).x;
    await still(one);
    const pixels = read(one);
    let seen = 0;
    for (let at = 0; at < pixels.length; at += 4)
      if (pixels[at] === 56 && pixels[at + 1] === 232 && pixels[at + 2] === 255) seen++;
    return { wrong, seen, right: dots.filter(([x]) => x >= middle).length };
  });
  assert.deepEqual(found.wrong, { tiled: 0, picture: 0 });
  assert.equal(found.right, 1, 'one dot is on the right');
  assert.equal(found.seen, 16, 'and it alone is seen, as 4 x 4 pixels');
  await close();
});

test('the wipe is dragged on its line and moved by keys, at any zoom', async () => {
  const { page, box, close } = await withPhoto(1200, 900);
  await page.evaluate(async () => {
    const white = new OffscreenCanvas(10, 10);
    const context = white.getContext('2d');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, 10, 10);
    one.viewer.zoomTo(3);
    one.viewer.setOverlay([], 'right');
    one.viewer.compare({ left: [{ picture: white, opacity: 1 }], names: ['white', 'photo'] });
    await still(one);
  });
  const edge = () =>
    page.evaluate(async () => {
      await still(one);
      const row = read(one, 0, 100, one.canvas.width, 1);
      let x = 0;
      while (x < one.canvas.width && row[4 * x] + row[4 * x + 1] + row[4 * x + 2] === 765) x++;
      return x;
    });
  assert.equal(await edge(), 300);
  assert.equal(await page.locator('.tag.left').textContent(), 'white');
  const centre = await page.evaluate(() => one.viewer.centre);
  await page.mouse.move(box.x + 300, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 150, box.y + 90, { steps: 5 });
  await page.mouse.up();
  near(await edge(), 150, 1, 'dragged');
  assert.deepEqual(await page.evaluate(() => one.viewer.centre), centre, 'the photograph stays');
  await page.keyboard.press('End'); // the range has the focus
  assert.equal(await edge(), 600);
  await page.keyboard.press('Home');
  assert.equal(await edge(), 0);
  await page.mouse.move(box.x + 300, box.y + 200); // beside the line the photograph is moved
  await page.mouse.down();
  await page.mouse.move(box.x + 350, box.y + 200, { steps: 3 });
  await page.mouse.up();
  assert.notDeepEqual(await page.evaluate(() => one.viewer.centre), centre);
  await close();
});

test('the green view is the green channel, whole and at 100 %', async () => {
  const { page, close } = await withPhoto(2600, 1300);
  await page.getByRole('radio', { name: 'Green' }).check({ force: true });
  await page.waitForFunction(() => one.stage.dataset.view === 'green');
  const wrong = await page.evaluate(async () => {
    one.viewer.zoomTo(1, { x: 1030, y: 520 });
    await still(one);
    const { width, height } = one.canvas;
    const box = one.canvas.getBoundingClientRect();
    const pixels = read(one);
    let bad = 0;
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++, at += 4) {
        const p = one.viewer.toPhoto(box.left + x + 0.5, box.top + y + 0.5);
        const [, green] = place(Math.floor(p.x), Math.floor(p.y));
        if (pixels[at] !== green || pixels[at + 1] !== green || pixels[at + 2] !== green) bad++;
      }
    one.viewer.zoomTo('fit');
    await still(one);
    const whole = read(one);
    let coloured = 0;
    for (let at = 0; at < whole.length; at += 4)
      if (whole[at] !== whole[at + 1] || whole[at] !== whole[at + 2]) coloured++;
    return { bad, coloured };
  });
  assert.deepEqual(wrong, { bad: 0, coloured: 0 });
  await page.getByRole('radio', { name: 'Colour' }).check({ force: true });
  await page.waitForFunction(() => one.stage.dataset.view === 'colour');
  await close();
});

test('the contrast view raises faint contrast and leaves the dark around the eye dark', async () => {
  const { page, close } = await open();
  const { before, after, dark } = await page.evaluate(async () => {
    window.one = make();
    // a disc of two near greens, dark around it
    const faint = (x, y) =>
      Math.hypot(x - 600, y - 450) > 430 ? [3, 2, 3] : [180, 90 + 8 * ((x >> 4) % 2) + ((x * 7 + y * 13) % 5), 40];
    one.viewer.setSource(await bitmap(1200, 900, faint));
    const measure = async () => {
      one.viewer.zoomTo(1, { x: 600, y: 450 });
      await still(one);
      const data = read(one, 200, 150, 200, 150);
      const greens = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 1]);
      const mean = greens.reduce((a, b) => a + b) / greens.length;
      return Math.sqrt(greens.reduce((a, b) => a + (b - mean) ** 2, 0) / greens.length);
    };
    const before = await measure();
    one.viewer.view = 'contrast';
    const after = await measure();
    one.viewer.zoomTo('fit');
    await still(one);
    return { before, after, dark: Math.max(...read(one, 0, 0, 40, 40).filter((_, i) => i % 4 !== 3)) };
  });
  assert.ok(after > 2 * before, `the spread of brightness: ${before} before, ${after} after`);
  assert.ok(dark <= 4, `the dark became ${dark}`);
  await close();
});

test('a view that is still computed when another photograph comes is forgotten', async () => {
  const { page, close } = await open();
  const greens = await page.evaluate(async () => {
    window.one = make();
    one.viewer.setSource(await bitmap(2000, 1500, () => [0, 50, 200]));
    one.viewer.view = 'contrast';
    one.viewer.setSource(await bitmap(2000, 1500, () => [0, 150, 200]));
    one.viewer.view = 'green';
    await still(one);
    return [...read(one, 300, 200, 1, 1)].slice(0, 3);
  });
  assert.deepEqual(greens, [150, 150, 150]);
  await close();
});

test('one bitmap of the original at a time, and bounded tiles, on 12 megapixels', async () => {
  const { page, seen, close } = await open();
  const found = await page.evaluate(async () => {
    const alive = new Set();
    let most = 0;
    const make0 = window.createImageBitmap;
    window.createImageBitmap = async (...args) => {
      const made = await make0(...args);
      alive.add(made);
      most = Math.max(most, alive.size);
      const close = made.close.bind(made);
      made.close = () => {
        alive.delete(made);
        close();
      };
      return made;
    };
    const canvas = new OffscreenCanvas(4000, 3000); // quicker than pixel by pixel
    const context = canvas.getContext('2d');
    context.putImageData(pixels(500, 500), 1500, 1200);
    window.one = make();
    const mask = new Uint8Array(4000 * 3000).fill(90);
    const counts = [];
    for (let round = 0; round < 3; round++) {
      one.viewer.setPhoto(null, 1000, 1000); // as the page does before it decodes another one
      one.viewer.setSource(await createImageBitmap(canvas));
      const picture = layers.tiledLayer({ width: 4000, height: 3000, data: mask }, layers.vesselColours);
      one.viewer.setOverlay([{ picture, opacity: 0.7 }], 'mask');
      one.viewer.view = ['green', 'contrast', 'colour'][round];
      for (const [zoom, x] of [
        [0.3, 2000],
        [0.6, 1500],
        [1, 1700],
        [8, 1700],
      ]) {
        one.viewer.zoomTo(zoom, { x, y: 1500 });
        await still(one);
      }
      counts.push(alive.size);
    }
    one.viewer.clear();
    const { TileStore } = await import('/web/page/viewer/tiles.js');
    const store = new TileStore();
    for (let frame = 0; frame < 40; frame++) {
      store.begin();
      for (let i = 0; i < 8; i++) store.tile(1, frame * 8 + i, () => new OffscreenCanvas(1, 1));
    }
    return { counts, most, left: alive.size, tiles: store.size, largest: one.canvas.width * one.canvas.height };
  });
  assert.deepEqual(found.counts, [1, 1, 1]);
  assert.equal(found.most, 1, 'bitmaps alive at once');
  assert.equal(found.left, 0, 'after clear()');
  assert.ok(found.tiles <= 96, `${found.tiles} tiles`);
  assert.ok(found.largest <= 4e6, 'the canvas is as large as the screen needs');
  assertPrivate(seen, site.url);
  await close();
});

test('a composed file holds the layers at full resolution', async () => {
  const { page, close } = await open();
  const wrong = await page.evaluate(async () => {
    const [w, h] = [2600, 1300];
    const photo = await bitmap(w, h);
    const data = new Uint8Array(w * h);
    for (let i = 0; i < data.length; i += 7) data[i] = 255;
    const overlay = [{ picture: layers.tiledLayer({ width: w, height: h, data }, layers.vesselColours), opacity: 1 }];
    const drawn = Viewer.compose(photo, overlay, w, h).getContext('2d').getImageData(0, 0, w, h).data;
    let bad = 0;
    for (let i = 0; i < data.length; i++) {
      const want = data[i] ? [56, 232, 255] : place(i % w, Math.floor(i / w));
      if (want.some((value, k) => value !== drawn[4 * i + k])) bad++;
    }
    return bad;
  });
  assert.equal(wrong, 0);
  await close();
});

// ---- lengths ----

test('the measuring line gives the length of what is drawn', async () => {
  const { page, box, close } = await withPhoto(1200, 900);
  await page.evaluate(() => one.viewer.zoomTo(2, { x: 600, y: 450 }));
  const at = (x, y) =>
    page.evaluate(
      ([u, v]) => {
        const p = one.viewer.toWindow({ x: u, y: v });
        return [p.x, p.y];
      },
      [x, y],
    );
  await page.getByRole('button', { name: 'Measure' }).click();
  await page.mouse.click(...(await at(500, 400)));
  assert.match(await page.locator('.ruler-text').textContent(), /second point/);
  await page.mouse.click(...(await at(700, 550)));
  const line = () => page.evaluate(() => one.viewer.ruler.line);
  near((await line()).pixels, 250, 1e-6, '3-4-5');
  assert.equal((await line()).micrometres, null);
  assert.equal(await page.locator('.ruler-text').textContent(), 'Length: 250 pixels');

  await page.selectOption('.ruler-kind select', 'pixel');
  await page.locator('.ruler-entry input').fill('6');
  near((await line()).micrometres, 1500, 1e-6, 'micrometres');
  assert.equal(await page.locator('.ruler-text').textContent(), 'Length: 1.5 mm (250 pixels)');
  await page.locator('.ruler-entry input').fill('0');
  assert.equal((await line()).micrometres, null);
  assert.equal(await page.locator('.ruler-problem').textContent(), 'Enter a number from 0.1 to 200.');

  // the ends by keys and by hand
  const ends = page.getByRole('slider', { name: /end of the line/ });
  await ends.nth(1).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  assert.deepEqual((await line()).to, { x: 701, y: 560 });
  assert.match(await ends.nth(1).getAttribute('aria-valuetext'), /701 from the left, 560 from the top/);
  const [x, y] = await at(500, 400);
  await page.mouse.move(x + 3, y + 3); // caught beside its middle, it does not jump
  await page.mouse.down();
  await page.mouse.move(x + 23, y + 13, { steps: 3 });
  await page.mouse.up();
  assert.deepEqual((await line()).from, { x: 510, y: 405 });
  await page.evaluate(() => one.viewer.zoomTo(8, { x: 100, y: 100 }));
  await ends.nth(1).focus(); // out of sight: it is brought in
  const shown = await page.evaluate(() => one.viewer.toWindow(one.viewer.ruler.line.to));
  assert.ok(shown.x > box.x && shown.x < box.x + box.width && shown.y > box.y && shown.y < box.y + box.height);

  await page.keyboard.press('Escape');
  assert.equal(await line(), null);
  await ends.nth(0).waitFor({ state: 'hidden' });
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('.ruler-panel').isHidden(), 'the second Escape ends it');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Measure');
  await close();
});

test('the length stands beside its line: on neither end, not on the line, never cut off', async () => {
  const { page, close } = await withPhoto(1200, 900);
  await page.evaluate(() => one.viewer.zoomTo(1, { x: 600, y: 450 }));
  await page.getByRole('button', { name: 'Measure' }).click();
  for (const [what, from, to] of [
    ['short', [600, 450], [626, 456]],
    ['level', [500, 450], [560, 452]],
    ['upright', [600, 400], [602, 440]],
    ['falling', [500, 400], [700, 560]],
    ['falling, as steep as the label is wide', [560, 430], [640, 470]],
    ['rising', [500, 560], [700, 400]],
    ['in the corner', [860, 630], [890, 660]],
    ['at the foot', [400, 655], [430, 668]],
  ]) {
    const [a, b] = await page.evaluate((points) => points.map(([x, y]) => one.viewer.toWindow({ x, y })), [from, to]);
    for (const { x, y } of [a, b]) await page.mouse.click(x, y);
    await page.evaluate(() => still(one));
    const seen = await page.evaluate(() => {
      const box = (element) => element.getBoundingClientRect().toJSON();
      return {
        label: box(document.querySelector('.ruler-label')),
        stage: box(document.querySelector('.stage canvas')),
      };
    });
    const { label, stage } = seen;
    const away = ({ x, y }) =>
      Math.hypot(Math.max(label.left - x, 0, x - label.right), Math.max(label.top - y, 0, y - label.bottom));
    for (const end of [a, b]) assert.ok(away(end) >= 13, `${what}: the label is ${away(end)} from an end`);
    for (let i = 0; i <= 50; i++) {
      const at = { x: a.x + (i / 50) * (b.x - a.x), y: a.y + (i / 50) * (b.y - a.y) };
      assert.ok(away(at) > 1, `${what}: the label lies on its line`);
    }
    assert.ok(label.left >= stage.left - 1 && label.right <= stage.right + 1, `${what}: cut off`);
    assert.ok(label.top >= stage.top - 1 && label.bottom <= stage.bottom + 1, `${what}: cut off`);
    await page.keyboard.press('Escape');
  }
  await close();
});

test('a line is measured without a mouse', async () => {
  const { page, close } = await withPhoto(1200, 900);
  await page.evaluate(() => one.viewer.zoomTo(1, { x: 600, y: 450 }));
  await page.getByRole('button', { name: 'Measure' }).press('Enter');
  await page.locator('.stage').focus();
  await page.keyboard.press('Enter');
  for (let i = 0; i < 5; i++) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Enter');
  near((await page.evaluate(() => one.viewer.ruler.line)).pixels, 200, 0.01, 'five steps of forty');
  await close();
});

test('the scale bar is as long as it says, at each zoom', async () => {
  const { page, close } = await withPhoto(1200, 900);
  assert.ok(await page.locator('.scale-bar').isHidden(), 'unknown');
  await page.evaluate(() => one.viewer.ruler.setScale('pixel', 5));
  const texts = new Set();
  for (const zoom of [0.5, 1, 3, 12, 32]) {
    await page.evaluate(async (z) => {
      one.viewer.zoomTo(z);
      await still(one);
    }, zoom);
    const bar = await page.locator('.scale-bar').boundingBox();
    const text = await page.locator('.scale-bar').textContent();
    const [, value, unit] = text.match(/^([\d.]+) (µm|mm)$/);
    const micrometres = Number(value) * (unit === 'mm' ? 1000 : 1);
    near((bar.width / zoom) * 5, micrometres, micrometres * 0.01, `${text} at ${zoom}`);
    assert.match(String(Number(value)), /^[125]0*$|^0\.[125]$/, 'a round number');
    assert.ok(bar.width > 30 && bar.width <= 180, `${bar.width} pixels`);
    texts.add(text);
  }
  assert.ok(texts.size > 3, [...texts].join());
  await close();
});

test('degrees count across the field of view; another size of photograph forgets a pixel size', async () => {
  const { page, close } = await withPhoto(1200, 900);
  const size = () => page.evaluate(() => one.viewer.ruler.micrometres);
  await page.evaluate(() => {
    one.viewer.ruler.setField({ radius: 435 });
    one.viewer.ruler.setScale('degrees', 45);
  });
  near(await size(), (45 * 290) / 870, 1e-9, 'micrometres a pixel');
  await page.getByRole('button', { name: 'Measure' }).click();
  assert.match(await page.locator('.ruler-panel').textContent(), /0\.29 mm.*approximation/s);
  await page.evaluate(() => one.viewer.ruler.setScale('pixel', 4));
  near(await size(), 4, 0, 'entered');
  await page.evaluate(async () => one.viewer.setSource(await bitmap(1200, 900)));
  near(await size(), 4, 0, 'the same camera');
  await page.evaluate(async () => one.viewer.setSource(await bitmap(800, 800)));
  assert.equal(await size(), null);
  assert.match(await page.locator('.ruler-panel').textContent(), /another number of pixels/);
  await close();
});

// ---- for the rest of the page ----

test('a place is picked by click, tap and keys; a drag is no answer; giving up rejects', async () => {
  const { page, box, close } = await withPhoto(1200, 900);
  await page.evaluate(() => {
    window.picked = one.viewer.pick();
  });
  await page.mouse.move(box.x + 100, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + 150, box.y + 140, { steps: 4 });
  await page.mouse.up();
  await page.mouse.click(box.x + 200, box.y + 150);
  assert.deepEqual(await page.evaluate(() => picked), { x: 400, y: 300 });

  await page.evaluate(() => {
    one.viewer.zoomTo(1, { x: 600, y: 450 });
    window.picked = one.viewer.pick();
  });
  await page.locator('.stage').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const { x, y } = await page.evaluate(() => picked);
  near(x, 600, 0.01, 'x of the cross');
  near(y, 454, 0.01, 'y of the cross');

  const reason = await page.evaluate(() => {
    const own = new AbortController();
    const given = one.viewer.pick(own.signal).catch((error) => error.name);
    own.abort();
    return given;
  });
  assert.equal(reason, 'AbortError');
  assert.ok(await page.evaluate(() => !one.stage.classList.contains('picking')));
  await close();
});

test('marks are drawn where they are said to be, on both sides of the wipe', async () => {
  const { page, close } = await open();
  const colours = await page.evaluate(async () => {
    window.one = make();
    one.viewer.setSource(await bitmap(1200, 900, () => [120, 0, 0]));
    one.viewer.mark([
      { x: 300, y: 450, radius: 100, label: 'Optic disc', kind: 'truth' },
      { x: 900, y: 450, radius: 100, kind: 'answer' },
    ]);
    one.viewer.compare({ left: [], names: ['a', 'b'] });
    await still(one);
    const at = (x, y) => [...read(one, x, y, 1, 1)].slice(0, 3);
    const drawn = [at(200, 225), at(400, 225), at(150, 225)];
    one.viewer.mark([]);
    await still(one);
    return [...drawn, at(200, 225)];
  });
  assert.deepEqual(colours, [
    [190, 255, 90],
    [56, 232, 255],
    [120, 0, 0],
    [120, 0, 0],
  ]);
  await close();
});

test('two viewers do not disturb each other', async () => {
  const { page, close } = await open();
  const found = await page.evaluate(async () => {
    const a = make();
    const b = make();
    a.viewer.setSource(await bitmap(800, 600));
    b.viewer.setSource(await bitmap(800, 600));
    a.viewer.zoomTo(2);
    await still(a);
    a.box.querySelector('[value=green]').click();
    await still(a);
    await still(b);
    const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
    const checked = [...document.querySelectorAll('.views :checked')].map((e) => e.value);
    return { zooms: [a.viewer.zoom, b.viewer.zoom], checked, twice: ids.filter((id, i) => ids.indexOf(id) !== i) };
  });
  assert.deepEqual(found, { zooms: [2, 0.75], checked: ['green', 'colour'], twice: [] });
  await close();
});

test('names, sizes of what is pressed, nothing wider than a phone, in both reading directions; screenshots', async () => {
  for (const dir of ['ltr', 'rtl']) {
    const { page, seen, close } = await open({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      colorScheme: dir === 'ltr' ? 'light' : 'dark',
    });
    const found = await page.evaluate(async (direction) => {
      document.documentElement.dir = direction;
      window.one = make();
      one.stage.style.width = '100%';
      const response = await fetch('/web/sample/retina.jpg');
      one.viewer.setSource(await createImageBitmap(await response.blob()));
      one.viewer.ruler.button.click();
      one.viewer.ruler.setScale('degrees', 45);
      one.viewer.compare({ left: [], names: ['Photograph', 'Result'] });
      await still(one);
      const pressed = [...one.box.querySelectorAll('button, select, input[type=number], .views label')];
      return {
        small: pressed.filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML),
        nameless: [...one.box.querySelectorAll('button, input, select, [tabindex]')]
          .filter((e) => !(e.getAttribute('aria-label') || e.labels?.[0]?.textContent.trim() || e.textContent.trim()))
          .map((e) => e.outerHTML),
        first: [...read(one, 5, Math.floor(one.canvas.height / 2), 1, 1)].slice(0, 3),
        last: [...read(one, one.canvas.width - 5, Math.floor(one.canvas.height / 2), 1, 1)].slice(0, 3),
        wide: one.box.scrollWidth - one.box.clientWidth,
      };
    }, dir);
    const disc = await page.evaluate(() => one.viewer.toPhoto(one.canvas.getBoundingClientRect().left, 0).x);
    near(disc, 0, 0.01, `${dir}: the photograph's left is on the left`);
    assert.deepEqual(found.small, [], dir);
    assert.deepEqual(found.nameless, [], dir);
    assert.ok(found.wide <= 0, `${dir}: ${found.wide} pixels too wide`);
    await page.screenshot({ path: join(SCREENSHOTS, `viewer-390-${dir}.png`) });
    assertPrivate(seen, site.url);
    await close();
  }
});
