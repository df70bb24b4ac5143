/** Checks objects against Kubernetes' published schema, taken from the client's generated models: names and types of all fields. */
import * as client from '@kubernetes/client-node'

interface Attribute {
  baseName: string
  type: string
}

function attributesOf(type: string): Attribute[] | null {
  const model = (
    client as unknown as Record<string, { getAttributeTypeMap?: () => Attribute[] } | undefined>
  )[type]
  return model?.getAttributeTypeMap?.() ?? null
}

/** Every violation of the type; empty for a valid value. @param type a model's name, like `V1Job` */
export function violations(value: unknown, type: string, path = type): string[] {
  const list = /^(?:Array|Set)<(.+)>$/.exec(type)?.[1]
  if (list)
    return Array.isArray(value)
      ? value.flatMap((item, i) => violations(item, list, `${path}[${i}]`))
      : [`${path} is not a list`]
  const map = /^\{ \[key: string\]: (.+?);? \}$/.exec(type)?.[1]
  if (map) return entriesOf(value, path, (key, item) => violations(item, map, `${path}.${key}`))
  if (type === 'any' || type === 'object') return []
  if (type === 'Date' || type === 'V1MicroTime')
    return Number.isNaN(Date.parse(String(value))) ? [`${path} is not a time`] : []
  if (type === 'IntOrString')
    return ['string', 'number'].includes(typeof value) ? [] : [`${path} is neither a string nor a number`]
  if (['string', 'number', 'boolean'].includes(type))
    return typeof value === type ? [] : [`${path} is not a ${type}`]
  const attributes = attributesOf(type)
  if (attributes === null) return [`${path}: the schema has no ${type}`]
  return entriesOf(value, path, (key, item) => {
    const attribute = attributes.find(({ baseName }) => baseName === key)
    return attribute ? violations(item, attribute.type, `${path}.${key}`) : [`${path} has no ${key}`]
  })
}

function entriesOf(value: unknown, path: string, each: (key: string, item: unknown) => string[]): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is not an object`]
  return Object.entries(value).flatMap(([key, item]) => each(key, item))
}

/** What the API server rejects in addition to the schema. Source: the API reference of batch/v1 JobSpec and PodFailurePolicy. */
export function refusals({ metadata, spec }: client.V1Job): string[] {
  const found: string[] = []
  const pod = spec?.template.spec
  const refuse = (wrong: boolean, why: string) => wrong && found.push(why)
  refuse(
    !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(metadata?.name ?? ''),
    'metadata.name: must be a DNS label',
  )
  refuse(
    spec?.completionMode === 'Indexed' && spec.completions === undefined,
    'completions: required when Indexed',
  )
  refuse(
    spec?.backoffLimitPerIndex !== undefined && spec.completionMode !== 'Indexed',
    'backoffLimitPerIndex: needs Indexed',
  )
  refuse(
    spec?.podFailurePolicy !== undefined && pod?.restartPolicy !== 'Never',
    'podFailurePolicy: needs restartPolicy Never',
  )
  refuse(
    spec?.podFailurePolicy !== undefined && (spec.podReplacementPolicy ?? 'Failed') !== 'Failed',
    'podReplacementPolicy: must be Failed with podFailurePolicy',
  )
  refuse((spec?.podFailurePolicy?.rules.length ?? 0) > 20, 'podFailurePolicy.rules: at most 20')
  for (const { action, onExitCodes, onPodConditions } of spec?.podFailurePolicy?.rules ?? []) {
    refuse(!['FailJob', 'FailIndex', 'Ignore', 'Count'].includes(action), `action: ${action} is unknown`)
    refuse(
      (onExitCodes === undefined) === (onPodConditions === undefined),
      'rules: exactly one of the two requirements',
    )
    refuse(
      onExitCodes?.operator === 'In' && onExitCodes.values.includes(0),
      'values: 0 cannot be used with In',
    )
    const names = pod?.containers.map(({ name }) => name) ?? []
    refuse(
      !!onExitCodes?.containerName && !names.includes(onExitCodes.containerName),
      'containerName: no such container',
    )
  }
  refuse((spec?.parallelism ?? 1) > 100_000, 'parallelism: at most 100000')
  for (const { image, name } of pod?.containers ?? [])
    refuse(!image || !name, 'containers: name and image are required')
  return found
}
