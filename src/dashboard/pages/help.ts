/** What the commands do, and what the figures mean: for whoever meets them on a pull request for the first time. */
import { COMMAND_RULES, type CommandHelp } from '../../domain/command-help.ts'
import { DEFAULT_TARGET, SMALL_SAMPLE } from '../../domain/sla.ts'
import { percent } from '../../texts/figures.ts'
import { type Html, html, table } from '../html.ts'

const WORDS: [string, string][] = [
  [
    'Flake',
    'One required job that both failed and passed at one unchanged commit. However often it ran there, it is one flake.',
  ],
  ['Rate', 'Flakes that the pull request did not cause, over pull requests tested, of one day or week.'],
  [
    'In SLA',
    `The rate is strictly below the target, ${percent(DEFAULT_TARGET)} unless configured otherwise. Exactly the target is a breach.`,
  ],
  ['No data', 'No pull request was tested. That is neither zero nor in SLA.'],
  [
    'Range',
    'Low counts only flakes that the pull request surely did not cause; high counts those that cannot be told as well.',
  ],
  [
    'Chance it is above the target',
    'How likely the true rate is above the target, given how few or many pull requests were tested.',
  ],
  [
    'Small sample',
    `With fewer than ${SMALL_SAMPLE} pull requests a single flake breaches the default target.`,
  ],
  [
    'Strong, weak',
    'Strong: a failing and a passing run surely tested the same code. Weak: the base moved, or is not known.',
  ],
  [
    'Commit judged',
    'A commit at which the job passed at least once. One that only failed says nothing about flakiness.',
  ],
  ['Error budget', 'What the target allows over 28 days: the target times the pull requests tested.'],
]

/** The body of `/help`. */
export function helpPage(commands: readonly CommandHelp[]): Html {
  return html`<h1>Help</h1>
<h2>Commands</h2>
${table(
  'Written as a comment of their own line on a pull request',
  ['Command', 'Who may', 'What it does', 'Example'],
  commands.map(({ usage, who, what, example }) => [
    html`<code class="wrap">${usage}</code>`,
    who,
    what,
    html`<code class="wrap">${example}</code>`,
  ]),
)}
<p>${COMMAND_RULES.join(' ')}</p>
<h2>Words</h2>
<dl>${WORDS.map(([word, meaning]) => html`<dt>${word}</dt><dd>${meaning}</dd>`)}</dl>
<h2>For programs</h2>
<p>Everything on these pages is served as JSON under <code>/api/v1</code>, described by <a href="/api/v1/openapi.json">its OpenAPI document</a>; tables as CSV too. Monitoring reads <a href="/metrics">/metrics</a>.</p>`
}
