/** The first minutes: what is done, what comes next, and what is waited for. */
import { type Html, html } from '../html.ts'

export interface Progress {
  isSetUp: boolean
  isInstalled: boolean
  hasDelivery: boolean
}

/** The body of `/` until the first figure is there. */
export function firstRun({ isSetUp, isInstalled, hasDelivery }: Progress): Html {
  const steps: [boolean, Html][] = [
    [
      isSetUp,
      html`<a href="/probot">Create the GitHub App</a>, by the address that this server printed when it started. GitHub asks for a name and does the rest; then put the credentials it made into the environment and start again.`,
    ],
    [
      isInstalled,
      html`Install the app on the repositories to be watched: on its page at GitHub, “Install App”.`,
    ],
    [
      hasDelivery,
      html`Open or update a pull request, or wait for one. The first delivery appears on the <a href="/status">status page</a>.`,
    ],
    [
      false,
      html`The first results of a pull request’s jobs: then the rate is shown here. Past weeks come with <code>flake-sla backfill</code>.`,
    ],
  ]
  const next = steps.findIndex(([isDone]) => !isDone)
  return html`<h1>${isSetUp ? 'Waiting for the first results' : 'Set up flake-sla'}</h1>
<p class="lead">${isSetUp ? (isInstalled ? 'The app is installed. Nothing was tested on a pull request yet, so there is no rate.' : 'The app has its credentials, and is not installed on a repository yet.') : 'This server has no GitHub App yet.'}</p>
<ol class="steps">${steps.map(([isDone, words], i) => html`<li${i === next ? html` aria-current="step"` : ''}>${isDone ? html`<span class="state in"><span aria-hidden="true">✓</span> Done:</span> ` : ''}${words}</li>`)}</ol>
<p class="muted">No GitHub at hand? <code>npm run demo</code> shows a week of a made-up organisation.</p>`
}
