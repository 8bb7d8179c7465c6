/** Beside the answer for one eye: which of the same patient's photographs could not be read, and why. */

import { byId, make } from '../shell/dom.js';
import { t } from '../words/i18n.js';
import { capital } from '../words/terms.js';
import { eyeOf } from './entry.js';
import { colon, errorText, eyeName, stateText } from './row-texts.js';
import { unreadEyes } from './together.js';

/**
 * @import { Entry } from './entry.js'
 * @import { Series } from './series.js'
 */

export class OtherUnread {
  #series;
  #root = make('div', { class: 'warnings', 'data-testid': 'other-unread', hidden: '' });
  /** What it says already. */
  #text = '';

  /** @param {Series} series */
  constructor(series) {
    this.#series = series;
    byId('override', HTMLElement).before(this.#root);
  }

  /** Of the patient of the photograph that is looked at; of one that cannot be read its place says it. @param {Entry | null} entry */
  show(entry) {
    const none = entry === null || entry.patient === '' || entry.state === 'failed';
    const own = none ? [] : this.#series.entries.filter(({ patient }) => patient === entry.patient);
    const eyes = unreadEyes(own);
    const failed = own.filter((other) => other.state === 'failed' && eyes.includes(eyeOf(other)));
    const lines = failed.map((other) => ({
      head: capital(t('batch.sheet.eye', { eye: eyeName(eyeOf(other)), answer: stateText(other) })),
      text: errorText(other),
      name: other.name,
    }));
    const text = JSON.stringify([lines, colon()]);
    if (text === this.#text) return;
    this.#text = text;
    this.#root.hidden = lines.length === 0;
    this.#root.replaceChildren(
      ...lines.map(({ head, text: why, name }) =>
        make('p', {}, make('strong', {}, head), ' ', make('bdi', {}, name), colon(), why),
      ),
    );
  }
}
