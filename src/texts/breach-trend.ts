/** The trend of the rate: in words, and as a chart that GitHub renders. */
import type { Breach } from './breach-facts.ts'
import { count, percent } from './figures.ts'

/** A paragraph and a Mermaid chart of 28 days, and the dashboard's chart where anyone can fetch it. */
export function trendLines(breach: Breach): string[] {
  const { pictureUrl } = breach
  return [
    ...summary(breach),
    '',
    ...chart(breach),
    ...(pictureUrl ? ['', `![Flakes per pull request by day](${pictureUrl})`] : []),
  ]
}

function summary({ trend, weeks }: Breach): string[] {
  const tested = trend.filter((day) => day.rate !== null)
  const out = tested.filter((day) => day.breached).length
  const lines = [
    `Out of SLA on ${out} of the ${count(tested.length, 'day')} with a tested pull request in the last ${count(trend.length, 'day')}.`,
  ]
  if (weeks.length > 0)
    lines.push(`Rate by week, newest first: ${weeks.map(({ sla }) => percent(sla.rate)).join(', ')}.`)
  return [lines.join(' ')]
}

/** GitHub renders Mermaid itself, so the chart also works where GitHub cannot reach the dashboard. */
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
          `${count(missing, 'day')} without a tested pull request ${missing === 1 ? 'has' : 'have'} no bar: no data, not zero.`,
        ]
      : []),
  ]
}
