import { expect, it } from 'vitest'
import { readSlots } from '../../../../../src/log/redis/topology/slots.js'

const asked = { host: 'asked.example.org', port: 7_000 }
const reply = [
  [0, 5_460, ['10.0.0.1', 7_000, 'id-a'], ['10.0.0.4', 7_003, 'id-d']],
  [5_461, 10_922, ['', 7_001, 'id-b', []], [null, 7_004, 'id-e'], ['?', 7_005, 'id-f']],
]

it.each([
  [0, { host: '10.0.0.1', port: 7_000 }],
  [5_460, { host: '10.0.0.1', port: 7_000 }],
  [5_461, { host: 'asked.example.org', port: 7_001 }],
  [10_923, undefined],
])('the owner of slot %i is the primary of its range, or nobody', (slot, owner) => {
  expect(readSlots(reply, slot, asked).primary).toEqual(owner)
})

it('every server of every range is a node, and one without a host stands where the one asked stands', () => {
  const { nodes } = readSlots(reply, 0, asked)
  expect(nodes.map(({ host, port }) => `${host}:${port}`)).toEqual([
    '10.0.0.1:7000',
    '10.0.0.4:7003',
    'asked.example.org:7001',
    'asked.example.org:7004',
    'asked.example.org:7005',
  ])
})

it('a reply that is none is an error', () => {
  expect(() => readSlots('OK', 0, asked)).toThrow('Expected a list')
})
