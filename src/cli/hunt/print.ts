/** Prints an answer as it was asked for. */
import type { HuntAnswer } from '../../../packages/hunt/src/answer.ts'
import { huntMarkdown, huntTable } from '../../../packages/hunt/src/show.ts'
import type { HuntOptions } from './options.ts'

export function printHunt(
  answer: HuntAnswer,
  { json, format }: Pick<HuntOptions, 'json' | 'format'>,
): string {
  if (json || format === 'json') return JSON.stringify(answer, null, 2)
  return format === 'markdown' ? huntMarkdown(answer) : huntTable(answer)
}
