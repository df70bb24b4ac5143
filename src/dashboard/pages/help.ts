/** The help page: the commands, and what the figures mean. */
import { COMMAND_RULES, type CommandHelp } from '../../domain/command-help.ts'
import { DEFAULT_TARGET, SMALL_SAMPLE } from '../../domain/sla.ts'
import { percent } from '../../texts/figures.ts'
import { fromMarkdown, type Html, html, table } from '../html.ts'

const TERMS: [string, string][] = [
  [
    'Flake',
    'A required job that both failed and passed at the same commit. However many runs there were, it is one flake.',
  ],
  ['Rate', 'Flakes not caused by their pull request, divided by tested pull requests, in one day or week.'],
  [
    'In SLA',
    `The rate is strictly below the target, ${percent(DEFAULT_TARGET)} unless the settings say otherwise. A rate equal to the target is a breach.`,
  ],
  ['No data', 'No pull request was tested, so there is no rate: neither zero, nor in SLA, nor out of SLA.'],
  [
    'Range',
    'The low end counts only flakes that their pull request did not cause; the high end includes undecided flakes.',
  ],
  [
    'Probability above target',
    'How likely the true rate is above the target, given the number of tested pull requests.',
  ],
  [
    'Small sample',
    `With fewer than ${SMALL_SAMPLE} tested pull requests, a single flake breaches the default target.`,
  ],
  [
    'Strong, weak',
    'Strong: a failing and a passing run definitely tested the same code. Weak: the base moved, or is unknown.',
  ],
  [
    'Verdict',
    'Whether a job flaked at a commit (flaky) or only passed (clean). A commit where it only failed has no verdict.',
  ],
  [
    'Error budget',
    'How many flakes the target allows over 28 days: the target times the tested pull requests.',
  ],
]

/** The body of `/help`. */
export function helpPage(commands: readonly CommandHelp[]): Html {
  return html`<h1>Help</h1>
<h2>Commands</h2>
${table(
  'Comment on a pull request. Start the line with the command.',
  ['Command', 'Who can use it', 'What it does', 'Example'],
  commands.map(({ usage, who, what, example }) => [
    html`<code class="wrap">${usage}</code>`,
    who,
    fromMarkdown(what),
    html`<code class="wrap">${example}</code>`,
  ]),
)}
<p>${COMMAND_RULES.join(' ')}</p>
<h2>Terms</h2>
<dl>${TERMS.map(([term, meaning]) => html`<dt>${term}</dt><dd>${meaning}</dd>`)}</dl>
<h2>API and metrics</h2>
<p>Everything on these pages is available as JSON under <code>/api/v1</code> (<a href="/api/v1/openapi.json">OpenAPI document</a>), and every table as CSV. Prometheus metrics are at <a href="/metrics">/metrics</a>.</p>`
}
