/** A message as services on the Rust crate write it: every field is there, and those that are not set are null. */
export function encodeCrateMessage(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    message_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    entity_type: { Custom: 'batch' },
    entity_id: null,
    pattern: null,
    entity_ids: null,
    action: 'Batch',
    timestamp: '2025-11-11T00:00:00.123456789Z',
    source_service: 'crate',
    metadata: null,
    ...fields,
  })
}
