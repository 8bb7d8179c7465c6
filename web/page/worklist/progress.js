/** How far the series is: words, bar, and the buttons that pause, go on and cancel. */

import { ANSWERS, shortText } from '../case/decision.js';
import { write } from '../shell/controls.js';
import { t } from '../words/i18n.js';
import { leftText } from './row-texts.js';
import { answered } from './sorting.js';

/**
 * @import { Layout } from './layout.js'
 * @import { Runner } from './runner.js'
 * @import { Entry } from './entry.js'
 * @import { Series } from './series.js'
 */

/** What failed through the program, not through the photograph. @param {Entry} entry */
export function worthAnother({ state, error }) {
  return state === 'failed' && ['runtime', 'worker', 'memory', 'aborted'].includes(error?.code ?? '');
}

export class ProgressPanel {
  #at;
  #series;
  #runner;
  #say;
  /** Tenths of the series that were told, and in which phase. */
  #told = '';

  /** @param {Omit<Layout['progress'], 'root'>} at @param {Series} series @param {Runner} runner @param {(text: string) => void} say */
  constructor(at, series, runner, say) {
    this.#at = at;
    this.#series = series;
    this.#runner = runner;
    this.#say = say;
  }

  draw() {
    const { text, fine, bar, pause, go, again, cancel } = this.#at;
    const { phase } = this.#runner;
    const counts = this.#series.counts();
    const open = counts.waiting + counts.working + counts.left;
    write(text, this.#text(counts));
    write(fine, this.#fine(counts, open));
    bar.value = counts.all === 0 ? 0 : counts.ended / counts.all;
    pause.hidden = phase !== 'running';
    go.hidden = phase === 'running' || (phase !== 'pausing' && open === 0);
    cancel.hidden = phase === 'idle';
    again.hidden = this.#runner.busy || !this.#series.entries.some(worthAnother);
    this.#tell(counts);
  }

  /** @param {ReturnType<Series['counts']>} counts */
  #text({ all, ended, left, waiting }) {
    const { phase } = this.#runner;
    if (all === 0) return '';
    if (phase === 'running') return t('batch.progress', { done: ended, all });
    if (phase === 'pausing') return t('batch.pausing', { done: ended, all });
    if (phase === 'stopped') return t('batch.stopped', { done: ended, all });
    if (phase === 'paused' || waiting > 0) return t('batch.paused', { done: ended, all });
    return left > 0 ? t('batch.cancelled', { count: left, all }) : t('batch.finished', { count: all });
  }

  /** @param {ReturnType<Series['counts']>} counts @param {number} open */
  #fine({ done, failed }, open) {
    const { phase, left, trouble } = this.#runner;
    if (phase === 'running') return leftText(left.of(open));
    if (phase === 'stopped') return this.#trouble(trouble);
    if (done + failed === 0) return '';
    const answers = this.#series.entries.map((entry) => answered(entry)?.answer);
    const sums = ANSWERS.map((answer) => ({
      name: shortText(answer),
      count: answers.filter((a) => a === answer).length,
    }));
    sums.push({ name: t('batch.state.failed'), count: failed });
    return sums
      .filter(({ count }) => count > 0)
      .map((sum) => t('batch.sum', sum))
      .join(' · ');
  }

  /** @param {unknown} trouble */
  #trouble(trouble) {
    const code = /** @type {{ code?: string }} */ (trouble)?.code ?? '';
    return ['runtime', 'worker', 'memory'].includes(code) ? t('batch.stopped.program') : t('batch.stopped.network');
  }

  /** To those who do not see it: each phase, and each tenth of the way. @param {ReturnType<Series['counts']>} counts */
  #tell({ all, ended }) {
    if (all === 0) return;
    const now = `${this.#runner.phase} ${Math.floor((10 * ended) / all)}`;
    if (now === this.#told) return;
    this.#told = now;
    this.#say([this.#at.text.textContent, this.#at.fine.textContent].filter(Boolean).join('. '));
  }
}
