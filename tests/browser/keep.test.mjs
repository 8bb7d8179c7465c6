/** What is kept on this device: encrypted, opened by its passphrase alone, forgotten when asked; earlier visits beside the case. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import en from '../../web/page/words/en-later.js';
import { scratch } from '../js/native.mjs';
import { assertPrivate, becomes, eventually, SCREENSHOTS, says, siteForAll } from './browser.mjs';
import { pdfText, squeezed } from './pdf.mjs';
import { BAD, drawnEyes } from './pictures.mjs';

const PASSPHRASE = 'otter lamp violin seven';
const OTHER = 'harbour ninety quiet moss';

const site = siteForAll();
/** @type {Buffer[]} */
let phantoms;
before(async () => {
  phantoms = await drawnEyes(site, 7);
});

const file = (name, buffer) => ({ name, mimeType: 'image/jpeg', buffer });
const at = (name) => `[data-testid=${name}]`;
const id = (name) => at(`batch-${name}`);
/** P1_OD.jpg, P1_OS.jpg, P2_OD.jpg ... */
const eyes = (count) =>
  phantoms.slice(0, count).map((buffer, i) => file(`P${1 + (i >> 1)}_${i % 2 ? 'OS' : 'OD'}.jpg`, buffer));

async function toTable(page) {
  await page.click('#to-batch');
  await page.selectOption(id('sort'), '', { force: true }); // as they came
}

async function openSeries(options = {}, prepare = undefined) {
  const opened = await site.open(options, prepare);
  opened.page.on('dialog', (dialog) => dialog.accept()); // leaving with results that were not saved
  await toTable(opened.page);
  return opened;
}

const done = (page) => says(page, id('progress'), /^Done/);
const stored = (page) => says(page, id('keep-text'), /are stored in this browser/);
const closed = (page) => page.waitForSelector(at('passphrase'), { state: 'detached' });
const confirm = (page) => page.click(at('confirm'));

/** Answers the question for a passphrase. */
async function answer(page, said) {
  for (const [name, text] of Object.entries(said)) await page.fill(at(`passphrase-${name}`), text);
  await page.click(at('passphrase-go'));
}

async function keep(page, passphrase = PASSPHRASE) {
  await page.click(id('keep'));
  await answer(page, { fresh: passphrase, again: passphrase });
  await closed(page);
}

async function unlock(page, passphrase = PASSPHRASE) {
  await page.click(id('resume'));
  await answer(page, { before: passphrase });
  await closed(page);
}

async function again(page) {
  await page.reload();
  await toTable(page);
  await page.waitForSelector(id('offer'));
}

async function saved(page, kind) {
  await page.click(id('save'));
  const item = `${id('save-menu')} [data-export=${kind}]`;
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(item)]);
  return readFileSync(await download.path());
}

async function csv(page) {
  const [names, ...cells] = parse(await saved(page, 'csv'), { bom: true });
  return cells.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

const names = async (page) => (await csv(page)).map(({ file: name, status }) => `${name} ${status}`);

/** Every value of every table of every database of the page, as text of one character a byte. */
const everything = (page) =>
  page.evaluate(async () => {
    const answered = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const latin = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    const text = async (value) => {
      if (value instanceof Blob) return latin(new Uint8Array(await value.arrayBuffer()));
      if (ArrayBuffer.isView(value)) return latin(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      if (typeof value !== 'object' || value === null) return String(value);
      const parts = await Promise.all(Object.entries(value).map(async ([key, part]) => key + (await text(part))));
      return parts.join('\n');
    };
    const found = {};
    for (const { name } of await indexedDB.databases()) {
      const db = await answered(indexedDB.open(name));
      for (const table of db.objectStoreNames) {
        const store = db.transaction(table).objectStore(table);
        const [keys, values] = await Promise.all([answered(store.getAllKeys()), answered(store.getAll())]);
        found[`${name} ${table}`] = [keys.join('\n'), ...(await Promise.all(values.map(text)))];
      }
      db.close();
    }
    return found;
  });

/** Waits until a table has so many records. */
async function written(page, table, count) {
  await eventually(
    page,
    async ([name, wanted]) => {
      const db = await new Promise((resolve) => {
        indexedDB.open('vmnet-kept').onsuccess = ({ target }) => resolve(target.result);
      });
      const request = db.transaction(name).objectStore(name).count();
      const found = await new Promise((resolve) => {
        request.onsuccess = () => resolve(request.result);
      });
      db.close();
      return found === wanted;
    },
    [table, count],
  );
}

/** Changes what is kept of each photograph, as its owner could. @param {import('playwright-core').Page} page @param {string} change of `kept` */
async function meddle(page, change) {
  await page.goto(`${site.url}web/report.schema.json`);
  await page.evaluate(`(async () => {
    const { Store } = await import('/web/page/save/store.js');
    const store = await Store.open(${JSON.stringify(PASSPHRASE)});
    for (const kept of (await store.entries()).kept) {
      ${change}
      await store.put(kept);
    }
    await store.close();
  })()`);
  await page.goto(site.url);
  await toTable(page);
}

test('kept: encrypted, a reload in mid-run, a wrong passphrase, going on, and forgetting; nothing is stored before', async () => {
  const { page, seen, close } = await openSeries();
  const files = eyes(5);
  await page.setInputFiles(id('file'), [...files, file('cut.png', BAD[2][1])]);
  await says(page, id('progress'), /^Screening: [1-5] of/);
  assert.deepEqual(await everything(page), {});
  // too short, and not twice the same: it is said, and nothing is made
  await page.click(id('keep'));
  await answer(page, { fresh: 'short', again: 'short' });
  await says(page, '#passphrase-trouble', /at least 12 characters/);
  await answer(page, { fresh: PASSPHRASE, again: OTHER });
  await says(page, '#passphrase-trouble', en['keep.pass.differ']);
  assert.deepEqual(await everything(page), {});
  await answer(page, { fresh: PASSPHRASE, again: PASSPHRASE });
  await closed(page);
  await page.getByLabel('Patient of P1_OD.jpg').fill('Miller');
  await page.getByLabel('Patient of P1_OD.jpg').press('Enter');
  await page.click('[data-testid=choose-one]'); // of two
  await done(page);
  await stored(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 5);
  await written(page, 'pictures', 5);

  const records = await everything(page);
  assert.deepEqual(
    Object.entries(records).map(([table, [, ...values]]) => [table, values.length]),
    [
      ['vmnet-kept entries', 6],
      ['vmnet-kept lock', 1],
      ['vmnet-kept photographs', 6],
      ['vmnet-kept pictures', 5],
    ],
  );
  // as long as chance does not write it
  const plain = /Miller|P1_OD|cut\.png|image\/jpeg|probability|"entry"|"id":|JFIF|PNG\r\n|otter/;
  for (const [table, values] of Object.entries(records))
    for (const value of values) assert.doesNotMatch(value, plain, table);

  await again(page);
  await says(page, id('offer-text'), /6 photographs are kept .* encrypted/);
  const locked = await everything(page); // until it was closed some of it was written anew
  await page.click(id('resume'));
  await answer(page, { before: OTHER });
  await says(page, '#passphrase-trouble', /^This is not the passphrase/);
  assert.deepEqual(await everything(page), locked, 'a wrong passphrase changes nothing');
  assert.equal(await page.locator('.photographs tbody tr').count(), 0);
  await answer(page, { before: PASSPHRASE });
  await closed(page);
  await done(page);
  const table = await csv(page);
  assert.deepEqual(
    table.map(({ file: name, patient, status }) => `${name} ${patient} ${status}`),
    [
      'P1_OD.jpg Miller screened',
      ...files.slice(1).map(({ name }) => `${name} ${name.slice(0, 2)} screened`),
      'cut.png cut failed',
    ],
  );
  // pictures are kept too
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 5);
  // a photograph that lies in the store only is opened and packed
  await page.locator('.photographs .open', { hasText: 'P1_OD.jpg' }).click();
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'P1_OD.jpg');
  await page.click('#to-batch');

  await page.click(id('forget'));
  await confirm(page);
  await page.waitForFunction((selector) => !document.querySelector(selector).checked, id('keep'));
  assert.deepEqual(await everything(page), {});
  assert.equal((await names(page)).length, 6, 'the table stays');
  await saved(page, 'zip');
  await page.reload();
  await toTable(page);
  await page.waitForSelector(id('start'));
  assert.ok(await page.isHidden(id('offer')));
  assertPrivate(seen, site.url);
  await close();
});

test('closed in mid-run and photographs dropped while it opens: all is screened, and all of it is kept', async () => {
  const { page, seen, close } = await openSeries();
  await page.setInputFiles(id('file'), eyes(3));
  await keep(page);
  await stored(page);
  await again(page);
  await page.click(id('resume'));
  await page.fill(at('passphrase-before'), PASSPHRASE);
  const dropped = phantoms.slice(3, 5).map((buffer) => buffer.toString('base64'));
  await page.evaluate((files) => {
    const data = new DataTransfer();
    for (const [i, text] of files.entries())
      data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], `new_${i}.jpg`));
    const go = document.querySelector('[data-testid=passphrase-go]');
    go.click();
    go.click(); // twice, as people do
    const input = document.querySelector('[data-testid=batch-file]');
    input.files = data.files;
    input.dispatchEvent(new Event('change'));
  }, dropped);
  await closed(page);
  const all = ['P1_OD.jpg', 'P1_OS.jpg', 'P2_OD.jpg', 'new_0.jpg', 'new_1.jpg'].map((name) => `${name} screened`);
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 5);
  await done(page);
  assert.deepEqual(await names(page), all);
  await stored(page);
  await again(page);
  await says(page, id('offer-text'), /5 photographs/);
  await unlock(page);
  await done(page);
  assert.deepEqual(await names(page), all);
  assertPrivate(seen, site.url);
  await close();
});

test('what is kept and locked is said on the home page and beside the list, where it opens too', async () => {
  const { page, seen, close } = await openSeries({ path: '#lang=en' });
  await page.setInputFiles(id('file'), eyes(2));
  await keep(page);
  await done(page);
  await stored(page);
  await written(page, 'pictures', 2);
  await page.reload();
  await page.waitForSelector(at('home-offer'));
  await says(page, at('home-offer-text'), /^2 photographs are kept on this device, encrypted/);
  await page.screenshot({ path: join(SCREENSHOTS, 'kept-home.png') });
  // whoever begins today's work is told beside the list, and goes on with it
  await page.setInputFiles('#file', eyes(4).slice(2));
  await page.waitForSelector(at('rail-offer'));
  await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr:not(.gap)').length === 1);
  await says(page, at('rail-offer-text'), /^2 photographs/);
  await page.screenshot({ path: join(SCREENSHOTS, 'kept-rail.png') });
  await page.click(at('rail-resume'));
  await answer(page, { before: PASSPHRASE });
  await closed(page);
  await page.waitForSelector(at('rail-offer'), { state: 'hidden' });
  await becomes(() => page.locator('.rail tbody bdi').allTextContents(), ['P2']);
  for (const table of ['entries', 'photographs']) await written(page, table, 4);
  // alone, it is opened where it is listed
  await page.reload();
  await page.click(at('home-resume'));
  await answer(page, { before: PASSPHRASE });
  await closed(page);
  await page.waitForSelector('.photographs tbody .open');
  await page.click('#home');
  await page.waitForSelector('#start:not([hidden])');
  assert.ok(await page.isHidden(at('home-offer')));
  // where all of it is of earlier tables, it is shown as such: an empty table would read as if nothing were kept
  await page.click('#to-batch');
  await page.click(id('new'));
  await page.waitForSelector(id('start'));
  await page.click(at('keep-show'));
  await page.click(at('keep-lock')); // once all of it is written
  await page.waitForSelector(id('resume'));
  await page.click('#home');
  await page.click(at('home-resume'));
  await answer(page, { before: PASSPHRASE });
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=kept-patients] li').length === 2);
  assertPrivate(seen, site.url);
  await close();
});

test('what was kept is opened with the focus on its first row, by keys as by clicks; whatever goes, nothing leads to the skip link', async () => {
  const { page, close } = await openSeries({ path: '#lang=en' });
  await page.setInputFiles(id('file'), eyes(2));
  await keep(page);
  await done(page);
  await stored(page);
  await written(page, 'pictures', 2);
  const onFirst = () =>
    page.waitForFunction(
      () => document.activeElement === document.querySelector('.photographs tbody tr:not(.gap) .open'),
    );
  for (const [button, byKeys] of [
    [at('home-resume'), true],
    [id('resume'), true],
    [id('resume'), false],
  ]) {
    await page.reload();
    await page.waitForSelector(at('home-offer'));
    if (button === id('resume')) await page.click('#to-batch');
    await page.focus(button);
    if (byKeys) await page.keyboard.press('Enter');
    else await page.click(button);
    await page.fill(at('passphrase-before'), PASSPHRASE);
    if (byKeys) await page.keyboard.press('Enter');
    else await page.click(at('passphrase-go'));
    await closed(page);
    await onFirst();
  }
  // what stood outside of every view and is taken away leaves the focus in the view
  await page.evaluate(() => {
    const button = document.body.appendChild(document.createElement('button'));
    button.focus();
    button.hidden = true;
    button.remove();
  });
  await page.waitForFunction(() => document.activeElement?.closest('main'));
  await close();
});

test('broken files that are kept are counted as what failed, and their patients as patients, before a reload as after', async () => {
  const { page, close } = await openSeries({ path: '#lang=en' });
  await page.setInputFiles(id('file'), [...eyes(2), file('P2_OD.png', BAD[2][1]), file('P3_OD.png', BAD[1][1])]);
  await keep(page);
  await done(page);
  await stored(page);
  await written(page, 'pictures', 2);
  const told = async () => {
    await page.locator('.photographs .open', { hasText: 'P1_OD' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.rail tbody tr:not(.gap)').length === 3);
    const rail = await page.locator('#rail').evaluate((of) => of.innerText);
    return [rail.match(/^Patients: .*$/m)?.[0], rail.match(/^Not possible: .*$/m)?.[0]];
  };
  const wanted = ['Patients: 3', 'Not possible: 2'];
  assert.deepEqual(await told(), wanted);
  await again(page);
  await unlock(page);
  await page.waitForSelector('.photographs tbody .open');
  await done(page);
  await page.click(at('keep-show'));
  await page.waitForFunction(() => /^Photographs: 4\. Patients: 3\./m.test(document.body.innerText));
  await page.keyboard.press('Escape');
  assert.deepEqual(await told(), wanted);
  await close();
});

test('what is kept of many photographs is read at once, not one after the other', async () => {
  const { page, seen, close } = await openSeries({}, (p) =>
    p.addInitScript(() => {
      const { transaction } = IDBDatabase.prototype;
      window.readings = {};
      IDBDatabase.prototype.transaction = function (tables, mode = 'readonly', ...more) {
        const name = [tables].flat().join();
        if (mode === 'readonly') window.readings[name] = (window.readings[name] ?? 0) + 1;
        return transaction.call(this, tables, mode, ...more);
      };
      // whoever looks whether there is something counts, and reads nothing
      const { count } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.count = function (...said) {
        window.readings[this.name] -= 1;
        return count.apply(this, said);
      };
    }),
  );
  await page.setInputFiles(id('file'), eyes(5));
  await keep(page);
  await done(page);
  await stored(page);
  await written(page, 'pictures', 5);
  await again(page);
  await page.evaluate(() => {
    window.readings = {};
  });
  await unlock(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 5);
  const { entries, pictures } = await page.evaluate(() => window.readings);
  // of the entries their keys and then all of them
  assert.deepEqual([entries, pictures], [2, 1]);
  // nor is what comes home when it is forgotten
  await page.evaluate(() => {
    window.readings = {};
  });
  await page.click(id('forget'));
  await confirm(page);
  await page.waitForFunction((selector) => !document.querySelector(selector).checked, id('keep'));
  assert.equal(await page.evaluate(() => window.readings.photographs), 2, 'five of them, four at a time');
  await saved(page, 'zip');
  assertPrivate(seen, site.url);
  await close();
});

test('what another version screened is screened again', async () => {
  const { page, close } = await openSeries();
  await page.setInputFiles(id('file'), eyes(2));
  await keep(page);
  await done(page);
  await stored(page);
  await written(page, 'pictures', 2); // with them, what was found
  const report = 'kept.entry.result.report';
  await meddle(page, `${report}.version = '0.0.1'; ${report}.diseases[0].probability = 0.123;`);
  await unlock(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .c-disease .percent').length === 14);
  await done(page);
  const table = await csv(page);
  assert.notEqual(table[0].version, '0.0.1');
  assert.notEqual(table[0].normal_probability, '0.123');
  await close();
});

/** Says in the case of a photograph that who is kept under its patient's name is the same, and goes back to the list. @param {import('playwright-core').Page} page @param {string} name of the photograph @param {string} patient */
async function sameAsKept(page, name, patient) {
  await openCase(page, name);
  await says(page, at('visits-number'), new RegExp(`^Kept under the same name: ${patient}, `));
  await saidSame(page);
  await page.waitForSelector(at('visits-number'), { state: 'detached' });
  await page.click('#to-batch');
}

/** @param {import('playwright-core').Page} page */
async function saidSame(page) {
  await page.click(at('visits-same'));
  await page.click('[data-testid=confirm]');
}

test('two tabs: one owns what is kept, the other says so', async () => {
  const { page, context, seen, close } = await openSeries();
  await page.setInputFiles(id('file'), eyes(1));
  await keep(page);
  await done(page);
  await stored(page);
  const other = await context.newPage();
  await other.goto(site.url);
  await toTable(other);
  await other.waitForSelector(id('offer'));
  await says(other, id('offer-text'), /open in another tab/);
  assert.ok(await other.isHidden(id('resume')));
  await other.setInputFiles(id('file'), eyes(3).slice(1));
  await done(other);
  assert.ok(await other.isDisabled(id('keep')));
  // the first one is closed: then the other can open it, beside what stands in its own table
  await page.close();
  await other.waitForSelector(id('resume'));
  await unlock(other);
  await stored(other);
  // the right eye of one of them is of today, too: once somebody says that it is his, it joins the list
  assert.equal((await names(other)).length, 2);
  await sameAsKept(other, 'P1_OS.jpg', 'P1');
  await other.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 3);
  await done(other);
  await other.click(at('keep-show'));
  await says(other, at('kept-text'), /Photographs: 3\. Patients: 2\./);
  // of both tables, the later one is taken up
  await again(other);
  await says(other, id('offer-text'), /3 photographs/);
  await unlock(other);
  await done(other);
  assert.deepEqual((await names(other)).sort(), ['P1_OD.jpg screened', 'P1_OS.jpg screened', 'P2_OD.jpg screened']);
  await other.close();
  assertPrivate(seen, site.url);
  await close();
});

test('the storage is full: it is said, what was kept before stays, and the series goes on', async () => {
  const { page, close } = await openSeries({}, (p) =>
    p.addInitScript(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...said) {
        if (this.name === 'photographs' && window.isFull) throw new DOMException('no room', 'QuotaExceededError');
        return put.apply(this, said);
      };
    }),
  );
  const full = (is) =>
    page.evaluate((value) => {
      window.isFull = value;
    }, is);
  await full(true);
  await page.setInputFiles(id('file'), eyes(1));
  await keep(page);
  await says(page, id('keep-text'), /no room/);
  assert.equal(await page.isChecked(id('keep')), false);
  await done(page);
  assert.deepEqual(await names(page), ['P1_OD.jpg screened']);
  await eventually(page, async () => (await indexedDB.databases()).length === 0);
  await full(false);
  await keep(page);
  await stored(page);
  // of a new table nothing is kept; what was there is
  await page.click(id('new'));
  await page.waitForSelector(id('start'));
  await full(true);
  await page.setInputFiles(id('file'), eyes(3).slice(1));
  await says(page, id('keep-text'), /no room/);
  await done(page);
  assert.equal((await names(page)).length, 2);
  await full(false);
  await again(page);
  await says(page, id('offer-text'), /^One photograph is kept/);
  await page.setInputFiles(id('file'), eyes(3).slice(2));
  await unlock(page);
  await says(page, id('keep-text'), /not in this table: 1\./);
  await page.click(at('keep-show'));
  await becomes(() => page.locator(`${at('kept-patients')} strong`).allTextContents(), ['P1', 'P2']);
  await close();
});

test('what cannot be deleted is not said to be gone; a photograph that cannot be read stops nothing', async () => {
  const { page, close } = await openSeries({}, (p) =>
    p.addInitScript(() => {
      for (const [of, name] of [
        [IDBFactory.prototype, 'deleteDatabase'],
        [IDBObjectStore.prototype, 'delete'],
      ]) {
        const act = of[name];
        of[name] = function (...said) {
          if (window.isStuck) throw new DOMException('no', 'UnknownError');
          return act.apply(this, said);
        };
      }
    }),
  );
  const stuck = (is) =>
    page.evaluate((value) => {
      window.isStuck = value;
    }, is);
  await page.setInputFiles(id('file'), eyes(2));
  await keep(page);
  await done(page);
  await stored(page);
  await again(page);
  await unlock(page);
  await done(page);
  await stuck(true);
  await page.click(at('keep-show'));
  await page.click(`${at('kept-patients')} .actions button:last-child`);
  await confirm(page);
  await page.waitForSelector('#error:visible');
  await page.waitForSelector(at('kept'), { state: 'hidden' }); // the error is not behind the list
  await page.waitForSelector(id('offer'));
  await says(page, id('offer-text'), /^2 photographs are kept/);
  await page.click('#error-close');
  await page.click(id('offer-forget'));
  await confirm(page);
  await page.waitForSelector('#error:visible');
  await says(page, id('offer-text'), /^2 photographs are kept/);
  // one of them is not as it was written
  await stuck(false);
  await again(page);
  await page.evaluate(async () => {
    const db = await new Promise((resolve) => {
      indexedDB.open('vmnet-kept').onsuccess = ({ target }) => resolve(target.result);
    });
    const table = db.transaction('photographs', 'readwrite').objectStore('photographs');
    table.openCursor().onsuccess = ({ target: { result } }) => {
      result.value[20] ^= 1;
      result.update(result.value);
    };
    await new Promise((resolve) => {
      table.transaction.oncomplete = resolve;
    });
    db.close();
  });
  await unlock(page);
  await done(page);
  await page.click(id('forget'));
  await confirm(page);
  await eventually(page, async () => (await indexedDB.databases()).length === 0);
  await page.waitForSelector(`${id('keep')}:not(:checked)`);
  assert.equal((await names(page)).length, 2, 'the table stays');
  await close();
});

test('a series that an earlier version kept unencrypted is said, encrypted and taken up', async () => {
  const { page, close } = await openSeries();
  await page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const photograph = new File([bytes], 'Miller_OD.jpg', { type: 'image/jpeg' });
    const entry = { id: 1, name: 'Miller_OD.jpg', path: 'Miller_OD.jpg', bytes: bytes.length, state: 'waiting' };
    const rest = { result: null, error: null, patient: 'Miller', named: 'OD', chosen: null, sameAs: null };
    const request = indexedDB.open('vmnet-series', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('entries', { keyPath: 'id' });
      request.result.createObjectStore('photographs');
    };
    await new Promise((resolve) => {
      request.onsuccess = () => {
        const tx = request.result.transaction(['entries', 'photographs'], 'readwrite');
        tx.objectStore('entries').put({ ...entry, ...rest, thumb: null, preview: null });
        tx.objectStore('photographs').put(photograph, 1);
        tx.oncomplete = resolve;
      };
    });
    request.result.close();
  }, phantoms[0].toString('base64'));
  await again(page);
  await says(page, id('offer-text'), en['keep.unsealed.text']);
  await page.click(id('resume'));
  await answer(page, { fresh: PASSPHRASE, again: PASSPHRASE });
  await closed(page);
  await done(page);
  await stored(page);
  const records = await everything(page);
  assert.deepEqual([...new Set(Object.keys(records).map((table) => table.split(' ')[0]))], ['vmnet-kept']);
  for (const values of Object.values(records)) for (const value of values) assert.doesNotMatch(value, /Miller/);
  await again(page);
  await unlock(page);
  await done(page);
  assert.deepEqual(await names(page), ['Miller_OD.jpg screened']);
  await page.click(at('keep-show'));
  await says(page, at('kept-patients'), /Miller.*day not known/);
  await page.locator('dialog.kept .close').click();
  assert.equal((await csv(page))[0].day, '', 'a day that nobody knows is not said to be today');
  assert.match(squeezed((await pdfText(await saved(page, 'pdf'))).pages.join()), /Fundusscreening,daynotknown/);

  // nor is it one list with what comes today
  await page.setInputFiles(id('file'), file('Miller_OD_2.jpg', phantoms[2]));
  await page.waitForFunction(
    () => document.querySelector('.photographs tbody tr:not(.gap) th bdi')?.textContent === 'Miller_OD_2.jpg',
  );
  await done(page);
  const today = await csv(page);
  assert.deepEqual(
    today.map((row) => row.file),
    ['Miller_OD_2.jpg'],
  );
  assert.match(today[0].day, /^\d{4}-\d\d-\d\d$/);
  await openCase(page, 'Miller_OD_2.jpg');
  await says(page, at('visits'), /day not known/);
  await close();
});

const openCase = async (page, name) => {
  await page.locator('.photographs .open', { hasText: name }).click();
  await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, name);
};
const OLD = '0'.repeat(64);

test('earlier visits of a kept patient stand beside the case, with each change and what else it may come from', async () => {
  const { page, seen, close } = await openSeries();
  await page.setInputFiles(id('file'), eyes(2));
  await keep(page);
  await done(page);
  await stored(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 2);
  await written(page, 'pictures', 2);
  await page.click(id('new'));
  await page.waitForSelector(id('start'));
  const result = 'kept.entry.result';
  await meddle(
    page,
    `kept.visit = '2025-03-07T10:00:00Z';
     ${result}.report.model.weights_sha256 = '${OLD}';
     for (const disease of ${result}.report.diseases) disease.probability = 0.25;
     ${result}.measures.field.density = 0.05;
     kept.entry.review = { by: 'Ana', answer: 'no-finding', note: '', at: kept.visit,
       of: { answer: 'repeat', operating_point: 'balanced', weights_sha256: null } };`,
  );
  // locked: today's photograph of the same patient stands alone
  await page.setInputFiles(id('file'), [file('P1_OD_today.jpg', phantoms[2])]);
  await done(page);
  await openCase(page, 'P1_OD_today.jpg');
  assert.ok(await page.isHidden(at('visits')));
  await page.click('#to-batch');
  await page.click(id('keep'));
  await answer(page, { before: PASSPHRASE });
  await closed(page);
  // nothing of somebody of the same name is shown as his before somebody says so
  await page.waitForSelector('.photographs .c-name .note');
  assert.equal(await page.textContent('.photographs .c-name .note'), en['batch.kept']);
  await page.screenshot({ path: join(SCREENSHOTS, 'kept-namesake.png') });
  await sameAsKept(page, 'P1_OD_today.jpg', 'P1');
  assert.equal(await page.locator('.photographs .c-name .note').count(), 0);
  await openCase(page, 'P1_OD_today.jpg');
  await page.waitForSelector(`${at('visits')} .visit`);
  const visits = await page.locator(`${at('visits')} .visit`).evaluateAll((all) =>
    all.map((visit) => ({
      day: visit.dataset.day,
      head: visit.querySelector('summary').textContent,
      warnings: [...visit.querySelectorAll('.warn')].map((text) => text.textContent),
      pictures: [...visit.querySelectorAll('figcaption')].map((text) => text.textContent),
      rows: [...visit.querySelectorAll('tbody tr')].map((row) =>
        [...row.cells].map((cell) => cell.textContent.replace(/[\u2066\u2069]/g, '')),
      ),
    })),
  );
  assert.equal(visits.length, 1);
  const [{ day, head, warnings, pictures, rows }] = visits;
  assert.equal(day, '2025-03-07');
  assert.match(head, /^7 March 2025|^March 7, 2025/);
  // what it finds on drawn eyes, and how it sees them lie, is left to the network
  const fixed = warnings.filter((text) => [en['visits.unjudged'], en['visits.version']].includes(text));
  assert.deepEqual(fixed, [en['visits.unjudged'], en['visits.version']], 'a drawn eye is not judged');
  const decided = en['override.decided'].replace('{answer}', 'No finding');
  assert.ok(head.endsWith(` ${decided}`), head);
  assert.equal(pictures.filter((text) => text.endsWith(` ${decided}`)).length, 2, 'both eyes of that day');
  const report = await page.evaluate(() => window.vmnetLast.report);
  const findings = report.diseases.filter(({ id: name }) => name !== 'normal');
  assert.equal(rows.length, findings.length + 6);
  const round = (value, digits) => Number(value.toFixed(digits));
  for (const [i, { probability }] of findings.entries()) {
    assert.match(rows[i][1], /^25(\.0)?%$/, 'with more digits where its cut is close');
    assert.equal(round(Number(rows[i][3].split(' ')[0]), 0), round(100 * (probability - 0.25), 0), rows[i].join(' '));
  }
  const density = rows[findings.length];
  assert.equal(density[1], '5.0%');
  const change = 100 * (report.vessels.field.density - 0.05);
  assert.equal(Number(density[3].split(' ')[0]), round(change, 1), density.join(' '));
  assert.ok((await page.textContent(at('visits'))).includes(en['visits.honest']));
  assertPrivate(seen, site.url);
  await close();
});

test('another name beside what is kept: what stays under the old one is said, and the name of somebody kept is not taken unasked', async () => {
  const { page, close } = await openSeries();
  await page.setInputFiles(id('file'), eyes(3)); // P1 and P2
  await keep(page);
  await done(page);
  await stored(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 3);
  await written(page, 'pictures', 3);
  await meddle(page, `kept.visit = '2025-03-07T10:00:00Z';`);
  await page.setInputFiles(id('file'), [file('P1_OD_today.jpg', phantoms[3])]);
  await done(page);
  await page.click(id('keep'));
  await answer(page, { before: PASSPHRASE });
  await closed(page);
  await sameAsKept(page, 'P1_OD_today.jpg', 'P1');
  const field = page.getByLabel('Patient of P1_OD_today.jpg');
  for (const [name, wanted] of [
    ['Miller', ['left']],
    ['P2', ['left', 'kept']],
  ]) {
    await field.fill(name);
    await field.press('Enter');
    await page.waitForSelector('dialog.ask');
    const said = wanted.map((key) => en[`batch.rename.${key}`].replace('{before}', 'P1').replace('{name}', name));
    assert.equal((await page.textContent('#confirm-text')).replace(/[\u2068\u2069]/g, ''), said.join(''));
    const safe = page.locator('dialog.ask .primary');
    assert.deepEqual(await safe.allTextContents(), [en['override.cancel']], 'to leave all as it is stands out');
    await page.screenshot({ path: join(SCREENSHOTS, 'rename-warning.png') });
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog.ask', { state: 'detached' });
    assert.equal(await field.inputValue(), 'P1', name);
  }
  await field.fill('Miller');
  await field.press('Enter');
  await page.click('[data-testid=confirm]');
  await page.waitForSelector('dialog.ask', { state: 'detached' });
  assert.equal(await field.inputValue(), 'Miller');
  await field.fill('Smith');
  await field.press('Enter');
  assert.equal(await page.locator('dialog.ask').count(), 0, 'of Miller nothing is kept but this');
  await close();
});

test('unlocked first, a year later: the old visit is dated, and goes to the earlier visits once a photograph of today comes', async () => {
  const { page, seen, close } = await openSeries({ path: '#lang=en' });
  await page.setInputFiles(id('file'), eyes(1));
  await keep(page);
  await done(page);
  await stored(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 1);
  await written(page, 'pictures', 1);
  await meddle(page, `kept.visit = '2025-03-07T10:00:00Z';`);
  await unlock(page);
  await done(page);
  await openCase(page, 'P1_OD.jpg');
  await says(page, '#whose', /^P1 · right eye \(OD\) · (March 7, 2025|7 March 2025)( · disc: OS left)?$/);
  await page.click('#to-batch');
  assert.equal((await csv(page))[0].day, '2025-03-07');
  assert.match(
    squeezed((await pdfText(await saved(page, 'pdf'))).pages.join()),
    /Fundusscreening,(March7,2025|7March2025)/,
  );
  await openCase(page, 'P1_OD.jpg');
  await says(page, '#whose', /2025( · disc: OS left)?$/);

  // of the same name, where the old one is looked at
  await page.setInputFiles('#file', file('P1_OD.jpg', phantoms[2]));
  await says(page, '#whose', /^P1 · right eye \(OD\)( · disc: OS left)?$/);
  await saidSame(page);
  await page.waitForSelector(`${at('visits')} .visit[data-day="2025-03-07"]`);
  assert.equal(await page.locator('.rail tbody tr:not(.gap)').count(), 1);
  await page.click('#to-batch');
  await stored(page);
  const rows = await csv(page);
  const today = await page.evaluate(() => window.vmnetLast.report.image.sha256);
  assert.deepEqual(
    rows.map(({ sha256 }) => sha256),
    [today],
    'one of one day',
  );
  // several, in the table: nothing of what is kept is lost
  await page.setInputFiles(id('file'), eyes(4).slice(3));
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 2);
  await done(page);
  await stored(page);
  await page.click(at('keep-show'));
  await says(page, at('kept-text'), /Photographs: 3\. Patients: 2\./);
  await written(page, 'photographs', 3);
  assertPrivate(seen, site.url);
  await close();
});

test('kept this morning, and another eye of the same patient before it is opened: both stand in one list, once a photograph or somebody says that it is one', async () => {
  const { page, close } = await openSeries();
  await page.setInputFiles(id('file'), [file('K1_OS.jpg', phantoms[0]), file('K2_OS.jpg', phantoms[1])]);
  await keep(page);
  await done(page);
  await stored(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 2);
  await written(page, 'pictures', 2);
  await again(page);
  // one of them comes a second time: it is the same
  await page.setInputFiles(id('file'), [file('K1_OD.jpg', phantoms[2]), file('K1_OS.jpg', phantoms[0])]);
  await done(page);
  await page.click(id('keep'));
  await answer(page, { before: PASSPHRASE });
  await closed(page);
  await stored(page);
  await written(page, 'photographs', 3);
  assert.deepEqual((await names(page)).sort(), ['K1_OD.jpg screened', 'K1_OS.jpg screened']);
  await page.setInputFiles(id('file'), file('K2_OD.jpg', phantoms[3]));
  await rowsAre(page, 3);
  await done(page);
  await sameAsKept(page, 'K2_OD.jpg', 'K2');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 4);
  await done(page);
  await written(page, 'photographs', 4);
  assert.deepEqual((await names(page)).sort(), [
    'K1_OD.jpg screened',
    'K1_OS.jpg screened',
    'K2_OD.jpg screened',
    'K2_OS.jpg screened',
  ]);
  await close();
});

/** Photographs in folders, as a nurse chooses the outer one. @param {Record<string, Buffer>} files by path @returns {string} the folder that holds them */
function folderOf(files) {
  const root = scratch();
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  return join(root, Object.keys(files)[0].split('/')[0]);
}

/** @param {import('playwright-core').Page} page @param {number} count */
const rowsAre = (page, count) =>
  page.waitForFunction(
    (wanted) => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === wanted,
    count,
  );

test('kept out of a folder that held a folder: out of the same one a name finds nobody unasked, and neither does a number', async () => {
  const { page, close } = await openSeries({ path: '#lang=en' });
  await page.setInputFiles(
    id('folder'),
    folderOf({
      'clinic/Meier_Anna_OS.jpg': phantoms[0],
      'clinic/00123456_OS.jpg': phantoms[5],
      'clinic/P12_OS.jpg': phantoms[1],
      'clinic/more/x_OS.jpg': phantoms[2],
    }),
  );
  await keep(page);
  await done(page);
  await stored(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 4);
  await written(page, 'pictures', 4);
  await page.click(id('new'));
  await page.waitForSelector(id('start'));
  await page.setInputFiles(
    id('folder'),
    folderOf({ 'clinic/Meier_Anna_OD.jpg': phantoms[3], 'clinic/00123456_OD.jpg': phantoms[6] }),
  );
  await page.setInputFiles(id('file'), file('P12_OD.jpg', phantoms[4]));
  await rowsAre(page, 3);
  await done(page);
  const found = (await csv(page)).map((row) => [row.patient, row.file, row.similar_patients]).sort();
  assert.deepEqual(found, [
    ['00123456', 'clinic/00123456_OD.jpg', ''],
    ['Meier_Anna', 'clinic/Meier_Anna_OD.jpg', ''],
    ['P12', 'P12_OD.jpg', 'clinic/P12'],
  ]);
  await sameAsKept(page, 'Meier_Anna_OD.jpg', 'clinic/Meier_Anna');
  await rowsAre(page, 4);
  await openCase(page, 'P12_OD.jpg');
  await page.click('[data-testid=join]');
  const said = en['batch.join.text'].replace('{names}', 'P12').replace('{name}', 'clinic/P12');
  assert.equal((await page.textContent('#confirm-text')).replace(/[\u2068\u2069]/g, ''), said);
  await page.screenshot({ path: join(SCREENSHOTS, 'one-patient.png') });
  await page.click(`dialog.ask button:has-text("${en['batch.join.yes']}")`);
  await page.click('#to-batch');
  await rowsAre(page, 5);
  await close();
});

test('kept out of one folder, and the same name out of another: two people, until somebody says that they are one', async () => {
  const { page, close } = await openSeries({ path: '#lang=en' });
  await page.setInputFiles(id('folder'), folderOf({ 'Meier/Anna/OS.jpg': phantoms[0] }));
  await keep(page);
  await done(page);
  await stored(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 1);
  await written(page, 'pictures', 1);
  await page.click(id('new'));
  await page.waitForSelector(id('start'));
  await page.setInputFiles(id('folder'), folderOf({ 'Huber/Anna/OD.jpg': phantoms[1] }));
  await done(page);
  await stored(page);
  assert.deepEqual(await names(page), ['Huber/Anna/OD.jpg screened'], 'no eye of somebody else stands beside it');
  await page.click(at('keep-show'));
  const kept = () => page.locator(`${at('kept-patients')} strong`).allTextContents();
  await becomes(kept, ['Huber/Anna', 'Meier/Anna']);
  await page.screenshot({ path: join(SCREENSHOTS, 'same-name-kept.png') });
  await page.keyboard.press('Escape');
  await openCase(page, 'OD.jpg');
  assert.equal(await page.locator(`${at('visits')} .visit`).count(), 0);
  await says(page, at('visits-number'), /^Kept under the same name: Meier\/Anna, /);
  await page.screenshot({ path: join(SCREENSHOTS, 'same-name.png'), fullPage: true });
  await page.setViewportSize({ width: 390, height: 800 });
  await page.locator(at('visits')).screenshot({ path: join(SCREENSHOTS, 'same-name-phone.png') });
  await page.setViewportSize({ width: 1280, height: 800 });
  await saidSame(page);
  await page.waitForSelector(at('other-eye'));
  assert.equal(await page.locator(at('visits-number')).count(), 0);
  await page.click('#to-batch');
  await rowsAre(page, 2);
  assert.deepEqual((await csv(page)).map(({ patient, file: name }) => `${patient} ${name}`).sort(), [
    'Anna Huber/Anna/OD.jpg',
    'Anna Meier/Anna/OS.jpg',
  ]);
  // in the next list he is asked about once more, as one
  await stored(page);
  await written(page, 'pictures', 2);
  await page.click(id('new'));
  await page.waitForSelector(id('start'));
  await page.setInputFiles(id('folder'), folderOf({ 'Huber/Anna/OD_2.jpg': phantoms[2] }));
  await rowsAre(page, 1);
  await done(page);
  await stored(page);
  await sameAsKept(page, 'OD_2.jpg', '(Meier|Huber)/Anna');
  await rowsAre(page, 3);
  await page.click(at('keep-show'));
  await becomes(kept, ['Anna']);
  await close();
});

test('kept under the number 3, and another 3 today: two people, until somebody says that they are one', async () => {
  const { page, close } = await openSeries({ path: '#lang=en' });
  await page.setInputFiles(id('file'), [file('3_OS.jpg', phantoms[0]), file('4_OS.jpg', phantoms[1])]);
  await keep(page);
  await done(page);
  await stored(page);
  await page.waitForFunction(() => document.querySelectorAll('.photographs .thumb img').length === 2);
  await written(page, 'pictures', 2);
  await page.click(id('new')); // the next list, on the same day
  await page.waitForSelector(id('start'));
  await page.setInputFiles(id('file'), [file('3_OD.jpg', phantoms[2])]);
  await done(page);
  await stored(page);
  assert.deepEqual(await names(page), ['3_OD.jpg screened'], 'no eye of somebody else stands beside it');
  await page.click(at('keep-show'));
  await becomes(() => page.locator(`${at('kept-patients')} strong`).allTextContents(), ['3', '3', '4']);
  // of another list beside this one: with a name of its own
  await page
    .locator(`${at('kept-patients')} li`, { has: page.locator('button', { hasText: en['keep.take'] }) })
    .first()
    .getByRole('button', { name: /\b3 \(.*3_OS\.jpg/ }) // two are called so: told apart by their files
    .and(page.locator('button', { hasText: en['keep.take'] }))
    .click();
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 2);
  assert.deepEqual((await csv(page)).map(({ patient, file: name }) => `${patient} ${name}`).sort(), [
    '3 (2) 3_OS.jpg',
    '3 3_OD.jpg',
  ]);
  await page.click(id('new'));
  await page.waitForSelector(id('start'));
  await page.setInputFiles(id('file'), [file('4_OD.jpg', phantoms[3])]);
  await done(page);
  await stored(page);
  await openCase(page, '4_OD.jpg');
  await says(page, at('visits-number'), /^Kept under the same number, 4: /);
  await saidSame(page);
  await page.waitForSelector(at('other-eye'));
  await page.click('#to-batch');
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 2);
  assert.deepEqual((await csv(page)).map(({ patient, file: name }) => `${patient} ${name}`).sort(), [
    '4 4_OD.jpg',
    '4 4_OS.jpg',
  ]);
  await close();
});

async function exported(page, passphrase = null) {
  await page.click(at('keep-export'));
  if (passphrase !== null) {
    await page.uncheck(at('passphrase-same'));
    await page.fill(at('passphrase-fresh'), passphrase);
    await page.fill(at('passphrase-again'), passphrase);
  }
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(at('passphrase-go'))]);
  await closed(page);
  assert.match(download.suggestedFilename(), /^vmnet-\d{4}-\d{2}-\d{2}\.vmnet$/);
  return readFileSync(await download.path());
}

test('one file: saved, refused where it is wrong, merged by photograph; another passphrase, locking, one patient', async () => {
  const { page, seen, close } = await openSeries();
  await page.setInputFiles(id('file'), [eyes(1)[0], ...eyes(3).slice(2)]);
  await keep(page);
  await done(page);
  await stored(page);
  const before = await csv(page);

  await page.click(at('keep-show'));
  await page.click(at('keep-change'));
  await answer(page, { before: 'not this one either', fresh: OTHER, again: OTHER });
  await says(page, '#passphrase-trouble', /^This is not the passphrase/);
  await answer(page, { before: PASSPHRASE });
  await closed(page);
  await says(page, at('kept-status'), /is changed/);
  const same = await exported(page);
  const another = await exported(page, PASSPHRASE);
  for (const bytes of [same, another]) assert.doesNotMatch(bytes.toString('latin1'), /P1_OD|JFIF|"entry"/);

  await page.click(at('keep-lock'));
  await page.waitForSelector(id('offer'));
  assert.ok(await page.isVisible(id('start')), 'the table is gone');
  await unlock(page, OTHER);
  await page.click(at('keep-show'));
  await becomes(() => page.locator(`${at('kept-patients')} li`).count(), 2);
  await page.click(at('keep-forget'));
  await confirm(page);
  await page.waitForSelector(at('kept'), { state: 'hidden' });
  assert.deepEqual(await everything(page), {});
  assert.equal((await names(page)).length, 2, 'the table stays');
  await page.click(id('new'));
  await page.waitForSelector(id('start'));

  const bring = (name, buffer) => page.setInputFiles(at('keep-file'), { name, mimeType: '', buffer });
  const damaged = Buffer.from(same);
  damaged[damaged.length - 40_000] ^= 1;
  for (const [name, buffer, passphrase, code] of [
    ['damaged.vmnet', damaged, OTHER, 'damaged'],
    ['cut.vmnet', same.subarray(0, same.length >> 1), OTHER, 'damaged'],
    ['P1.vmnet', phantoms[0], OTHER, 'format'],
    ['kept.vmnet', same, PASSPHRASE, 'passphrase'],
  ]) {
    await bring(name, buffer);
    await answer(page, { before: passphrase });
    await page.waitForFunction(
      (text) => document.querySelector('#passphrase-trouble').textContent === text,
      en[`keep.trouble.${code}`],
    );
    await page.keyboard.press('Escape');
    await closed(page);
    assert.deepEqual(await everything(page), {}, `${name}: nothing is made`);
  }
  const add = async (name, buffer, passphrase, said) => {
    await bring(name, buffer);
    await answer(page, { before: passphrase });
    await closed(page);
    await says(page, at('kept-status'), said);
  };
  await page.waitForSelector(`${at('keep-import')} >> visible=true`);
  await add('kept.vmnet', same, OTHER, /added: 2\. There already: 0\./);
  await add('another.vmnet', another, PASSPHRASE, /added: 0\. There already: 2\./);

  await page.getByRole('button', { name: 'Forget P2' }).click();
  await confirm(page);
  await says(page, at('kept-status'), /P2 is forgotten/);
  await written(page, 'photographs', 1);
  await page.getByRole('button', { name: 'Put P1 in the table' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.photographs tbody tr:not(.gap)').length === 1);
  await done(page);
  const [row] = await csv(page);
  assert.deepEqual([row.file, row.sha256, row.answer], [before[0].file, before[0].sha256, before[0].answer]);
  assertPrivate(seen, site.url);
  await close();
});
