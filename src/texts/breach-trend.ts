/** How the rate has been: in words, and as a chart that GitHub draws itself. */
import type { Breach } from './breach-facts.ts'
import { count, percent } from './figures.ts'

/** A paragraph and a Mermaid chart of 28 days; a picture of the dashboard's as well where anybody can fetch it. */
export function trendLines(breach: Breach): string[] {
  const { pictureUrl } = breach
  return [
    ...words(breach),
    '',
    ...chart(breach),
    ...(pictureUrl ? ['', `![Flakes per pull request, day by day](${pictureUrl})`] : []),
  ]
}

function words({ trend, weeks }: Breach): string[] {
  const tested = trend.filter((day) => day.rate !== null)
  const out = tested.filter((day) => day.breached).length
  const lines = [
    `Out of SLA on ${out} of ${count(tested.length, 'day')} with a tested pull request, of the last ${trend.length}.`,
  ]
  if (weeks.length > 0)
    lines.push(`By week, the newest first: ${weeks.map(({ sla }) => percent(sla.rate)).join(', ')}.`)
  return [lines.join(' ')]
}

/** GitHub draws Mermaid itself, so the chart needs no server that it could not reach. */
function chart({ trend, sla, day }: Breach): string[] {
  const values = trend.map(({ rate }) => ((rate ?? 0) * 100).toFixed(2))
  const missing = trend.filter(({ rate }) => rate === null).length
  return [
    '```mermaid',
    'xychart-beta',
    `  x-axis "days up to ${day}" 1 --> ${trend.length}`,
    '  y-axis "flakes per 100 pull requests"',
    `  bar [${values.join(', ')}]`,
    `  line [${trend.map(() => (sla.target * 100).toFixed(2)).join(', ')}]`,
    '```',
    ...(missing > 0
      ? [
          `${count(missing, 'day')} without a tested pull request ${missing === 1 ? 'is' : 'are'} drawn as no bar: no data, not zero.`,
        ]
      : []),
  ]
}
