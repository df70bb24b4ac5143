/** Prints an answer as it was asked for. */
import type { HuntAnswer } from '../hunt/answer.ts'
import { huntMarkdown, huntTable } from '../hunt/show.ts'
import type { HuntOptions } from './hunt-options.ts'

export function printHunt(
  answer: HuntAnswer,
  { json, format }: Pick<HuntOptions, 'json' | 'format'>,
): string {
  if (json || format === 'json') return JSON.stringify(answer, null, 2)
  return format === 'markdown' ? huntMarkdown(answer) : huntTable(answer)
}
