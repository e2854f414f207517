/**
 * Gathers what is asked within one turn of the event loop and answers it with one call.
 *
 * @param answer gets distinct keys in the order asked
 */
export function batched<Key, Value>(
  answer: (keys: Key[]) => Promise<(key: Key) => Value>,
): (key: Key) => Promise<Value> {
  let gathering: { keys: Set<Key>; answered: Promise<(key: Key) => Value> } | null = null;
  return async (key) => {
    if (!gathering) {
      const keys = new Set<Key>();
      const answered = new Promise<void>((next) => setImmediate(next)).then(() => {
        gathering = null;
        return answer([...keys]);
      });
      gathering = { keys, answered };
    }
    gathering.keys.add(key);
    return (await gathering.answered)(key);
  };
}
