/**
 * What a GraphQL query costs, by GitHub's published rule: the requests needed to fill every connection once,
 * divided by 100 and rounded, at least one point (docs.github.com, "Rate limits and query limits for the GraphQL API").
 */
import type { ArgumentNode, DocumentNode, FieldNode, FragmentDefinitionNode, SelectionSetNode } from 'graphql'

export interface Cost {
  /** Points. */
  query: number
  /** Nodes the query may return at most. */
  nodes: number
}

/** Counts the connections of a document; `variables` fill in `first` and `last`. */
export function costOf(document: DocumentNode, variables: Record<string, unknown>): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === 'FragmentDefinition') fragments.set(definition.name.value, definition)
  let requests = 0
  let nodes = 0
  const walk = (set: SelectionSetNode | undefined, times: number): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === 'InlineFragment') walk(selection.selectionSet, times)
      else if (selection.kind === 'FragmentSpread')
        walk(fragments.get(selection.name.value)?.selectionSet, times)
      else {
        const size = sizeOf(selection, variables)
        if (size !== null) {
          requests += times
          nodes += times * size
        }
        walk(selection.selectionSet, times * (size ?? 1))
      }
    }
  }
  for (const definition of document.definitions)
    if (definition.kind === 'OperationDefinition') walk(definition.selectionSet, 1)
  return { query: Math.max(1, Math.round(requests / 100)), nodes }
}

function sizeOf(field: FieldNode, variables: Record<string, unknown>): number | null {
  const argument = field.arguments?.find(
    (argument: ArgumentNode) => argument.name.value === 'first' || argument.name.value === 'last',
  )
  if (argument?.value.kind === 'IntValue') return Number(argument.value.value)
  if (argument?.value.kind === 'Variable') return Number(variables[argument.value.name.value] ?? 0)
  return null
}
