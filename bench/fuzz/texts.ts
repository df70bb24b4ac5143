/** Text that users write: comments with commands, settings, globs, filters, and names that are shown in Markdown and HTML. */
import MarkdownIt from 'markdown-it'
import { externalLink, fromMarkdown, name as nameHtml } from '../../src/dashboard/html.ts'
import { matchTexts } from '../../src/dashboard/pattern.ts'
import {
  parseCorrection,
  parseFlakeReport,
  parseHunt,
  parseRetests,
  readHunt,
} from '../../src/domain/command.ts'
import { mayHoldCommand } from '../../src/domain/command-lines.ts'
import { matchesGlob } from '../../src/domain/glob.ts'
import { requiredBy } from '../../src/domain/required.ts'
import { windowAt } from '../../src/domain/window.ts'
import { parseSettings } from '../../src/settings/read.ts'
import type { Random } from '../../src/simulate/random.ts'
import { code, codeCell, link } from '../../src/texts/markdown.ts'
import { eachInput, type Target } from './target.ts'
import { anyText } from './values.ts'

/** A text of up to `most` pieces from a list, occasionally with arbitrary text. */
function pieces(list: readonly string[], most: number): (random: Random) => string {
  return (random) => {
    const count = 1 + Math.floor(random.next() * most)
    const long = random.chance(0.01) ? 400 : 1
    let text = ''
    for (let i = 0; i < count; i++) {
      const piece = random.chance(0.1) ? anyText(random) : random.pick(list)
      text += random.chance(0.05) ? piece.repeat(long) : piece
    }
    return text
  }
}

const COMMENT = [
  ...[
    '/retest',
    '/test ',
    '/test all',
    '/retest-required',
    '/flake-report',
    '/flake mine',
    '/hunt ',
    ' 20',
    ' unit',
    'e2e,',
    '?',
    '/',
    'a',
  ],
  ...['\n', '\r\n', '\r', '\t', ' ', '\f', '\u2028', '\u00a0', '```', '~~~', '```\n', '\n```', '````', '> '],
  ...['<!--', '-->', '\\', '`'],
]

const SETTINGS = [
  ...['target: ', 'time_zone: ', 'required: ', 'ignore: ', 'attribution: ', 'breach_issue: ', 'retest: '],
  ...[
    'mode: daily',
    'labels: ',
    'repository: ',
    'window_days: ',
    'paths:\n',
    'report: ',
    'auto',
    'true',
    '0.01',
  ],
  ...[
    'Europe/Berlin',
    'UTC',
    '1e999',
    '.nan',
    '-.inf',
    '0x10',
    '!!js/function ',
    '!!binary ',
    '!!set ',
    '!x ',
  ],
  ...[
    '\n',
    '\n  ',
    '\n    ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ': ',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '<<: ',
    '? ',
  ],
  ...['---\n', '...\n', '%YAML 9.9\n', '# ', '\t', '@', '`', '__proto__: ', 'constructor: '],
  ...['a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n'],
  ...['ignore: [*c,*c,*c,*c,*c,*c,*c]\n', '[[[[[[[[[[', '{a: {a: {a: {a: ', '*'.repeat(50), 'a*'.repeat(50)],
]

const PATTERN = [
  ...'abc01-_ .*+?()[]^$|\\',
  '(a+)+',
  '(?:',
  '[a-z]',
  '[^',
  '\\d',
  '\\w',
  '\\s',
  '.*',
  '(a|a)*',
  '{2,}',
]
const NAMES = [
  ...[
    '`',
    '``',
    '|',
    '\\',
    '\\|',
    '<b>',
    '</code>',
    '![x](http://x)',
    '[a](b)',
    'http://x.example',
    '@octocat',
  ],
  ...[
    '#1',
    '\n',
    '\r',
    '<!--',
    '-->',
    '**',
    '_',
    '$x$',
    '&lt;',
    '&#96;',
    'unit',
    ' ',
    '\u202e',
    ':+1:',
    'a/b#3',
  ],
]

const NAME = 'unit-e2e (linux, 20) '.repeat(20)
const markdown = new MarkdownIt({ html: true, linkify: true })

/** The targets of this file. */
export function textTargets(): Target[] {
  return [
    eachInput({ name: 'comment', share: 0.1, make: pieces(COMMENT, 25) }, 100, readComment),
    eachInput({ name: 'settings', share: 0.05, make: pieces(SETTINGS, 30) }, 500, parseSettingsInput),
    eachInput({ name: 'filter', share: 0.03, make: pieces(PATTERN, 30) }, 200, useFilter),
    eachInput(
      { name: 'glob', share: 0.02, make: pieces(['*', '**', '?', 'a', 'unit', '-', 'é'], 40) },
      100,
      (glob) => {
        matchesGlob(NAME, glob)
        matchesGlob('a'.repeat(500), glob)
      },
    ),
    eachInput({ name: 'name', share: 0.05, make: pieces(NAMES, 15) }, 200, showName),
  ]
}

function readComment(body: string): string | null {
  const retests = parseRetests(body)
  const report = parseFlakeReport(body)
  const hunted = parseHunt(body)
  if (hunted !== null) readHunt(hunted, ['unit 20'])
  const isFound = retests.length > 0 || report !== null || hunted !== null || parseCorrection(body) !== null
  if (isFound && !mayHoldCommand(body)) return 'holds a command that mayHoldCommand does not see'
  const jobs = retests.flatMap((retest) => retest.jobs)
  if (jobs.some((job) => /[\t\n\f\r]/.test(job)))
    return 'names a job with white space other than spaces in it'
  if (report?.job && /\n/.test(report.job)) return 'asks about a job of two lines'
  return null
}

async function parseSettingsInput(text: string): Promise<string | null> {
  const { settings, problems } = parseSettings(text)
  if ('polluted' in {}) return 'changed the prototype of all objects'
  if (settings === null) {
    if (problems.length === 0) return 'is refused without a reason'
    return problems.some((problem) => problem.length > 300 || problem.includes('\n'))
      ? 'is refused at length'
      : null
  }
  requiredBy(settings).includes({ name: NAME, app: '' })
  windowAt('week', Date.UTC(2026, 1, 2), settings.timeZone)
  return settings.target > 0 && settings.target <= 1 ? null : `took the target ${settings.target}`
}

function useFilter(source: string): string | null {
  const found = matchTexts(source, ['a'.repeat(500), NAME, 'b1-'.repeat(170)])
  if ('problem' in found && found.problem.length === 0) return 'is refused without a reason'
  return null
}

/** Checks that a name stays plain text in one table cell, on GitHub and on the pages. */
async function showName(text: string): Promise<string | null> {
  const cell = link(codeCell(text), 'https://ci.example/1')
  const shown = markdown.render(`| a | b |\n| --- | --- |\n| ${cell} | ${codeCell(text)} |\n`)
  const tags = [...shown.matchAll(/<(\/?[a-z!][a-z0-9-]*)/gi)].map(([, tag]) => tag)
  const expected =
    'table thead tr th /th th /th /tr /thead tbody tr td a code /code /a /td td code /code /td /tr /tbody /table'
  if (tags.join(' ') !== expected) return `is more than a name in Markdown: ${shown}`
  const page = String(await nameHtml(text)) + String(await fromMarkdown(code(text)))
  const pageTags = [...page.matchAll(/<(\/?[a-z!][a-z0-9-]*)/gi)].map(([, tag]) => tag)
  if (pageTags.some((tag) => !/^\/?(bdi|code|strong)$/.test(tag ?? '')))
    return `is more than a name on a page: ${page}`
  const address = String(await externalLink(text, 'x'))
  if (/href="(?!https?:\/\/)/i.test(address)) return `is a link to ${address}`
  return null
}
