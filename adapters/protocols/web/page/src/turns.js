// Requests of which only the newest counts: answers may come in another order.

/** Returns a function that begins a turn, and returns whether that is still the newest one. */
export function turns() {
  let newest = 0;
  return () => {
    const mine = ++newest;
    return () => mine === newest;
  };
}
