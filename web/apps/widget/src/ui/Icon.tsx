// The few drawings of the panel, on a 24 px grid.

const paths = {
  close: "m6 6 12 12M18 6 6 18",
  send: "M12 19V5m-6.5 6.5L12 5l6.5 6.5",
  attach:
    "m20.5 11.5-8.6 8.6a5.6 5.6 0 0 1-8-8l8.700-8.600a3.750 3.750 0 0 1 5.300 5.300l-8.700 8.600a1.870 1.870 0 0 1-2.650-2.650l8-7.950",
  file: "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zm0 0v5h5",
  down: "m6 9 6 6 6-6",
  alert: "M12 8v5m0 3.500v.010M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  spark:
    "M12 3l1.900 5.600L19.500 10.500l-5.600 1.900L12 18l-1.900-5.600L4.500 10.500l5.600-1.900ZM19 16.500v4M21 18.500h-4",
};

export function Icon({ name, size = 20 }: { name: keyof typeof paths; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
