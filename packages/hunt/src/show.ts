/** The answer as text for a terminal, and as Markdown. */

import type { HuntAnswer } from './answer.ts'
import { number, shortSequence } from './figures.ts'
import type { FailureGroup } from './messages.ts'
import { headline, sentences } from './sentences.ts'
import { code, codeCell } from './text.ts'

/** Escape sequences and control characters, except tabs and line breaks: a terminal must not execute them. */
const UNSAFE = /\p{Cc}\[[0-9;?]*[ -/]*[@-~]|(?![\n\t])\p{Cc}|\p{Bidi_Control}/gu

const TAIL_LINES = 20
const MAX_GROUPS = 10
const MAX_TESTS = 20
/** GitHub limits a body to 65,536 characters. This limit per output leaves room for the rest. */
const MAX_OUTPUT = 5000

/** For a terminal: headline, sentences, groups of failures with the end of one output each, and the sequence. */
export function huntTable(answer: HuntAnswer): string {
  const parts = [headline(answer), sentences(answer).join('\n')]
  for (const group of answer.groups.slice(0, MAX_GROUPS)) parts.push(groupText(group))
  if (answer.groups.length > MAX_GROUPS)
    parts.push(`… and ${number(answer.groups.length - MAX_GROUPS)} more kinds of failure (--json lists all).`)
  if (answer.tests.unsteady.length > 0) parts.push(testsText(answer))
  if (answer.ordered && answer.failed > 0) parts.push(sequenceText(answer))
  return parts.filter((part) => part !== '').join('\n\n')
}

function sequenceText({ sequence, sequence_by_end }: HuntAnswer): string {
  const name = sequence_by_end === null ? 'Sequence' : 'Sequence in order of completion'
  return `${name}: ${shortSequence(sequence_by_end ?? sequence)}`
}

function groupText(group: FailureGroup): string {
  const { message, count, output } = group
  const head = `${number(count)} × ${clean(message)}`
  if (!output?.trim()) return group.seed == null ? head : `${head} (${exampleOf(group)})`
  const lines = clean(output).trimEnd().split('\n')
  const cut = lines.length > TAIL_LINES ? [`… (${number(lines.length - TAIL_LINES)} earlier lines)`] : []
  return [head, `  ${exampleOf(group)}:`, ...cut.map(indent), ...lines.slice(-TAIL_LINES).map(indent)].join(
    '\n',
  )
}

function exampleOf({ example_run, seed }: FailureGroup): string {
  return seed == null ? `run ${example_run}` : `run ${example_run}, seed ${seed}`
}

function indent(line: string): string {
  return `    ${line}`
}

function testsText({ tests: { unsteady } }: HuntAnswer): string {
  const rows = unsteady
    .slice(0, MAX_TESTS)
    .map(
      (test) => `  ${clean(test.name)}: ${test.failed} failed, ${test.flaked} flaked, ${test.passed} passed`,
    )
  const more = unsteady.length - MAX_TESTS
  return [...rows, ...(more > 0 ? [`  … and ${number(more)} more`] : [])].join('\n')
}

function clean(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(UNSAFE, '')
}

/** In Markdown, for an issue or a comment. Outputs are collapsed. */
export function huntMarkdown(answer: HuntAnswer): string {
  const parts = [
    `**${headline(answer, code)}**`,
    sentences(answer, code)
      .map((sentence) => `- ${sentence}`)
      .join('\n'),
  ]
  for (const group of answer.groups.slice(0, MAX_GROUPS)) parts.push(groupMarkdown(group))
  if (answer.tests.unsteady.length > 0) parts.push(testsMarkdown(answer))
  if (answer.ordered && answer.failed > 0) parts.push(sequenceText(answer))
  return parts.filter((part) => part !== '').join('\n\n')
}

function groupMarkdown(group: FailureGroup): string {
  const { message, count, output } = group
  const head = `${number(count)} × ${code(message)}`
  if (!output?.trim()) return head
  const text = harmless(clean(output).trimEnd().slice(-MAX_OUTPUT))
  const fence = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)))
  return `<details><summary>${number(count)} ×&nbsp;${exampleOf(group)}</summary>\n\n${code(message)}\n\n${fence}text\n${text}\n${fence}\n\n</details>`
}

/** Bots also read code blocks: no line may start with a command, and no output may contain a comment marker. */
function harmless(output: string): string {
  return output
    .replace(/^([^\S\n]*)\//gm, '$1> /')
    .replaceAll('\t', '    ')
    .replaceAll('<!--', '<! --')
}

function testsMarkdown({ tests: { unsteady } }: HuntAnswer): string {
  const rows = unsteady
    .slice(0, MAX_TESTS)
    .map((test) => `| ${codeCell(test.name)} | ${test.failed} | ${test.flaked} | ${test.passed} |`)
  return ['| Test | Failed | Flaked | Passed |', '| --- | ---: | ---: | ---: |', ...rows].join('\n')
}
