/** The tile of one window: its state against the target, rate, range and sample size. */
import type { Sla } from '../../domain/sla.ts'
import { percent } from '../../texts/figures.ts'
import { type Html, html } from '../html.ts'
import {
  chance,
  range,
  ratio,
  STATE_SIGNS,
  STATE_WORDS,
  type State,
  smallSample,
  stateOf,
} from '../wording.ts'

/** `✗ Out of SLA` in its colour. */
export function stateMark(state: State): Html {
  return html`<span class="state ${state}"><span aria-hidden="true">${STATE_SIGNS[state]}</span> ${STATE_WORDS[state]}</span>`
}

/** @param note such as `in progress`; empty for none. @param more extra lines at the end */
export function tile(
  name: string,
  note: string,
  sla: Sla | null,
  more: readonly (Html | string)[] = [],
): Html {
  const state = stateOf(sla)
  const heading = html`<h2>${name}${note ? html` <small>${note}</small>` : ''}</h2><p class="is">${stateMark(state)}</p>`
  if (sla === null || sla.prs === 0)
    return html`<section class="tile ${state}">${heading}<p class="rate">–</p><p>No pull request was tested.</p>${lines(more)}</section>`
  const small = smallSample(sla)
  return html`<section class="tile ${state}">${heading}
<p class="rate">${percent(sla.rate)}</p>
<p>${ratio(sla)}</p>
<p class="muted">Target: below ${percent(sla.target)}.${sla.rate_low === sla.rate_high ? '' : ` Range, including undecided flakes: ${range(sla)}.`}</p>
<p class="muted">Probability that the true rate is above the target: ${chance(sla.breach_probability)}.</p>
${small ? html`<p class="note">${small}</p>` : ''}${lines(more)}</section>`
}

function lines(more: readonly (Html | string)[]): Html[] {
  return more.map((line) => html`<p class="muted">${line}</p>`)
}
