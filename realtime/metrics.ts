import { Counter, Gauge } from "prom-client";

export const socketCount = new Gauge({ name: "taskwire_sockets", help: "Connected sockets" });
export const laggingCount = new Gauge({
  name: "taskwire_lagging_sockets",
  help: "Sockets that read too slowly and get nothing until they catch up",
});
export const servedChannelCount = new Gauge({ name: "taskwire_served_channels", help: "Channels this node follows" });
export const refusedCount = new Counter({
  name: "taskwire_socket_refusals_total",
  help: "Handshakes and requests of sockets that were refused",
  labelNames: ["error"],
});
export const joinCount = new Counter({ name: "taskwire_socket_joins_total", help: "Channels joined" });
export const evictionCount = new Counter({
  name: "taskwire_socket_evictions_total",
  help: "Channels closed and sessions ended by this side",
  labelNames: ["reason"],
});
export const sentCount = new Counter({
  name: "taskwire_changes_sent_total",
  help: "Changes sent, counted once per socket",
});
export const repairCount = new Counter({
  name: "taskwire_feed_repairs_total",
  help: "Reads of changes that no hint brought",
});
export const fanOutDelay = new Gauge({
  name: "taskwire_fan_out_delay_seconds",
  help: "From a change's instant to its frame, for the latest frame",
});
