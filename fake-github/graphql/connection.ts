/** GraphQL connections: pagination by cursor. */

export interface PageArguments {
  first?: number | null
  last?: number | null
  after?: string | null
  before?: string | null
}

const toCursor = (index: number): string => Buffer.from(`cursor:${index}`).toString('base64')
const fromCursor = (cursor: string): number => Number(Buffer.from(cursor, 'base64').toString().split(':')[1])

/** Selects `items` by the arguments and converts only those. @throws without `first` or `last`, or when it is over 100 */
export function connection<T>(name: string, items: T[], shape: (item: T) => unknown, args: PageArguments) {
  const size = args.first ?? args.last
  if (size === undefined || size === null) {
    throw new Error(
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`,
    )
  }
  if (size < 0 || size > 100) {
    throw new Error(
      `Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of 100 records.`,
    )
  }
  let from = args.after ? fromCursor(args.after) + 1 : 0
  let to = args.before ? fromCursor(args.before) : items.length
  if (typeof args.first === 'number') to = Math.min(to, from + size)
  else from = Math.max(from, to - size)
  const nodes = items.slice(from, to).map(shape)
  const cursors = nodes.map((_, index) => toCursor(from + index))
  return {
    totalCount: items.length,
    nodes,
    edges: nodes.map((node, index) => ({ node, cursor: cursors[index] })),
    pageInfo: {
      hasNextPage: to < items.length,
      hasPreviousPage: from > 0,
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    },
  }
}
