/** The home page until there are figures: what is done and what comes next. */

import { type Html, html } from '../html.ts'
import type { BackfillState } from '../queries/backfill.ts'
import { backfillTable } from './backfill.ts'

export interface Progress {
  isSetUp: boolean
  isInstalled: boolean
  hasDelivery: boolean
  /** Backfills in progress. */
  backfills: readonly BackfillState[]
}

/** Whether the reader is signed in, could sign in, or this server has no sign-in. */
export type Reader = 'signed in' | 'signed out' | 'no sign-in'

interface Step {
  isDone: boolean
  words: Html | string
}

/** The body of `/` until there are figures. */
export function firstRun(progress: Progress, reader: Reader): Html {
  const steps = stepsOf(progress)
  const next = steps.findIndex(({ isDone }) => !isDone)
  const { isSetUp, backfills } = progress
  return html`<h1>${isSetUp ? 'Waiting for the first results' : 'Set up flake-sla'}</h1>
<p class="lead">${stateText(progress)}</p>
${isSetUp && !progress.isInstalled ? privateWords(reader) : ''}
<ol class="steps">${steps.map(({ isDone, words }, i) => html`<li${i === next ? html` aria-current="step"` : ''}>${isDone ? html`<span class="state in"><span aria-hidden="true">✓</span> Done:</span> ` : ''}${words}</li>`)}</ol>
${backfills.length > 0 ? html`<h2>Past weeks</h2>${backfillTable(backfills)}` : ''}
${isSetUp ? html`<p class="muted">This page refreshes itself.</p>` : html`<p class="muted">Just want a look? <code>npm run demo</code> shows a simulated organisation.</p>`}`
}

function stepsOf({ isSetUp, isInstalled, hasDelivery, backfills }: Progress): Step[] {
  const create = isSetUp
    ? 'The GitHub App has its credentials.'
    : html`<a href="/probot">Create the GitHub App</a>: open the address that this server printed when it started. Then set the app’s credentials in the environment and restart.`
  const install = isInstalled
    ? 'The app is installed.'
    : 'Install the app on your repositories: choose “Install App” on its page on GitHub.'
  const deliver = hasDelivery
    ? html`The first webhook delivery has arrived: see the <a href="/status">status page</a>.`
    : html`Open or update a pull request, or wait for somebody to do so. The <a href="/status">status page</a> shows the first delivery.`
  const results =
    backfills.length > 0
      ? 'Get the first results: the past 90 days are being read from GitHub. Rates appear here once the first day is complete.'
      : html`Get the first job results; then this page shows the rate. Past weeks are read from GitHub automatically after installation, or with <code>flake-sla backfill</code>.`
  return [
    { isDone: isSetUp, words: create },
    { isDone: isInstalled, words: install },
    { isDone: hasDelivery, words: deliver },
    { isDone: false, words: results },
  ]
}

function stateText({ isSetUp, isInstalled, hasDelivery, backfills }: Progress): string {
  if (!isSetUp) return 'This server has no GitHub App yet.'
  if (!isInstalled)
    return 'The app has its credentials. There are no repositories that you have access to; the app may not be installed yet.'
  if (backfills.length > 0) return 'The app is installed. The backfill from GitHub is in progress.'
  if (!hasDelivery) return 'The app is installed. Waiting for the first webhook delivery.'
  return 'The app is installed and receives webhooks. No pull request has been tested yet, so there is no rate.'
}

/** The same text whether or not there are private repositories, so that it does not reveal them. */
function privateWords(reader: Reader): Html {
  if (reader === 'signed out')
    return html`<p>Private repositories are visible to people who can read them on GitHub. <a href="/auth/sign-in?to=%2F">Sign in with GitHub</a> to see yours.</p>`
  if (reader === 'signed in')
    return html`<p>You are signed in, but you have read access on GitHub to none of the repositories where the app is installed.</p>`
  return html`<p>Private repositories are hidden: sign-in is not configured. The <a href="/status">status page</a> lists what is missing.</p>`
}
