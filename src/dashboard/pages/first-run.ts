/** The first minutes: what is done, what comes next, and what is waited for. */

import { type Html, html } from '../html.ts'
import type { BackfillState } from '../queries/backfill.ts'
import { backfillTable } from './backfill.ts'

export interface Progress {
  isSetUp: boolean
  isInstalled: boolean
  hasDelivery: boolean
  /** History that is being read. */
  backfills: readonly BackfillState[]
}

/** Who looks: somebody who signed in, somebody who could, or somebody where nobody can. */
export type Reader = 'signed in' | 'signed out' | 'no sign-in'

interface Step {
  isDone: boolean
  words: Html | string
}

/** The body of `/` until the first figure is there. */
export function firstRun(progress: Progress, reader: Reader): Html {
  const steps = stepsOf(progress)
  const next = steps.findIndex(({ isDone }) => !isDone)
  const { isSetUp, backfills } = progress
  return html`<h1>${isSetUp ? 'Waiting for the first results' : 'Set up flake-sla'}</h1>
<p class="lead">${waitsFor(progress)}</p>
${isSetUp && !progress.isInstalled ? privateWords(reader) : ''}
<ol class="steps">${steps.map(({ isDone, words }, i) => html`<li${i === next ? html` aria-current="step"` : ''}>${isDone ? html`<span class="state in"><span aria-hidden="true">✓</span> Done:</span> ` : ''}${words}</li>`)}</ol>
${backfills.length > 0 ? html`<h2>Past weeks</h2>${backfillTable(backfills)}` : ''}
${isSetUp ? html`<p class="muted">This page brings itself up to date.</p>` : html`<p class="muted">No GitHub at hand? <code>npm run demo</code> shows weeks of a made-up organisation.</p>`}`
}

function stepsOf({ isSetUp, isInstalled, hasDelivery, backfills }: Progress): Step[] {
  const create = isSetUp
    ? 'The GitHub App has its credentials.'
    : html`<a href="/probot">Create the GitHub App</a>, by the address that this server printed when it started. GitHub asks for a name and does the rest; then put the credentials it made into the environment and start again.`
  const install = isInstalled
    ? 'The app is installed.'
    : 'Install the app on the repositories to be watched: on its page at GitHub, “Install App”.'
  const deliver = hasDelivery
    ? html`The first webhook delivery came in: see the <a href="/status">status page</a>.`
    : html`Open or update a pull request, or wait for one. The first delivery appears on the <a href="/status">status page</a>.`
  const results =
    backfills.length > 0
      ? 'The first results of jobs: the past 90 days are being read from GitHub now, and rates are shown here when a day of them is whole.'
      : html`The first results of a pull request’s jobs: then the rate is shown here. Past weeks are read from GitHub by themselves once the app is installed, or by <code>flake-sla backfill</code>.`
  return [
    { isDone: isSetUp, words: create },
    { isDone: isInstalled, words: install },
    { isDone: hasDelivery, words: deliver },
    { isDone: false, words: results },
  ]
}

function waitsFor({ isSetUp, isInstalled, hasDelivery, backfills }: Progress): string {
  if (!isSetUp) return 'This server has no GitHub App yet.'
  if (!isInstalled)
    return 'The app has its credentials. There is no repository here that you may see: perhaps it is not installed on one yet.'
  if (backfills.length > 0) return 'The app is installed, and reads the past from GitHub.'
  if (!hasDelivery) return 'The app is installed. It waits for the first webhook delivery: none came in yet.'
  return 'The app is installed and hears from GitHub. Nothing was tested on a pull request yet, so there is no rate.'
}

/** The same words whether there are private repositories or none at all: who may not see them is not told of them. */
function privateWords(reader: Reader): Html {
  if (reader === 'signed out')
    return html`<p>Private repositories are shown to those who can read them on GitHub. <a href="/auth/sign-in?to=%2F">Sign in with GitHub</a> to see yours.</p>`
  if (reader === 'signed in')
    return html`<p>You are signed in. Of the repositories on which the app may be installed, you can read none on GitHub.</p>`
  return html`<p>Private repositories are shown to nobody, because this server has no credentials for signing in: what is missing stands on the <a href="/status">status page</a>.</p>`
}
