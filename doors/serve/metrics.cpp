#include "doors/serve/metrics.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <string_view>

#include "doors/log/decision_log.h"

namespace portcullis::serve {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

class Exposition {
 public:
  /// Begins a family; what is added next belongs to it.
  void family(const char* name, const char* help, MetricType type) { families_.push_back({name, help, type, {}}); }
  void add(double value, Labels labels = {}) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    if (families_.back().type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
  }
  void add(std::uint64_t value, Labels labels = {}) { add(static_cast<double>(value), std::move(labels)); }
  void add(ClientMetric metric) { families_.back().metric.push_back(std::move(metric)); }

  std::string text() && {
    std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, families_);
    return std::move(out).str();
  }

 private:
  std::vector<MetricFamily> families_;
};

Outcome outcome_of(Reason reason) {
  if (reason == Reason::ok) return Outcome::allow;
  return facts(reason).status >= 500 ? Outcome::undecided : Outcome::deny;
}

void add_decisions(Exposition& out, const DecisionSums& sums) {
  out.family("portcullis_decisions_total",
             "Decisions. Where enforced is false the route or limit only reports, and the request went on.",
             MetricType::Counter);
  for (const auto& [route, row] : sums.by_route)
    for (const ReasonFacts& reason : reasons)
      for (const bool enforced : {true, false}) {
        const auto count = (enforced ? row.enforced : row.reported)[static_cast<std::size_t>(reason.reason)];
        if (count == 0) continue;
        out.add(count, {{"door", "serve"},
                        {"route", route.empty() ? "unlisted" : route},
                        {"outcome", std::string{word_of(outcome_of(reason.reason))}},
                        {"reason", std::string{reason.code}},
                        {"enforced", enforced ? "true" : "false"}});
      }
  out.family("portcullis_decision_duration_seconds",
             "From a request's header to its answer, waiting for keys and store included.", MetricType::Histogram);
  ClientMetric durations;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < sums.durations.size(); ++i) {
    count += sums.durations[i];
    const double bound = i < duration_bounds.size() ? duration_bounds[i] : std::numeric_limits<double>::infinity();
    durations.histogram.bucket.push_back({count, bound});
  }
  durations.histogram.sample_count = count;
  durations.histogram.sample_sum = sums.seconds;
  out.add(std::move(durations));
  out.family("portcullis_untrusted_peers_total", "Requests of peers that are not among serve.proxies.",
             MetricType::Counter);
  out.add(sums.untrusted);
  out.family("portcullis_unlogged_refusals_total", "Refusals beyond what is logged in a second.", MetricType::Counter);
  out.add(sums.not_logged);
}

void add_limits(Exposition& out, const Figures& figures) {
  out.family("portcullis_limit_checks_total", "What a limit said, by limit; one with several windows counts each.",
             MetricType::Counter);
  for (const auto& [limit, row] : figures.decisions.by_limit) {
    out.add(row.admitted, {{"limit", limit}, {"result", "admitted"}});
    out.add(row.denied, {{"limit", limit}, {"result", "denied"}});
  }
  out.family("portcullis_store_errors_total", "Questions that the shared store of limits did not answer.",
             MetricType::Counter);
  out.add(figures.decisions.store_errors);
  out.family("portcullis_store_up", "Whether every event loop has answers from the shared store of limits.",
             MetricType::Gauge);
  if (figures.store_up) out.add(*figures.store_up ? 1.0 : 0.0);
  out.family("portcullis_limit_table_bytes", "Memory of the tables of limits.", MetricType::Gauge);
  out.add(static_cast<double>(figures.limits.bytes));
  out.family("portcullis_limit_table_occupied_ratio", "Share of the places in use, from a sample.", MetricType::Gauge);
  out.add(figures.limits.occupied);
  out.family("portcullis_limit_live_evictions_total",
             "Buckets given up while they were not full: each gave its owner a new burst. Raise limit_keys.",
             MetricType::Counter);
  out.add(figures.limits.live_evictions);
}

void add_keys(Exposition& out, const Figures& figures) {
  // Several entries of the configuration may name one issuer; a label stands once.
  std::map<std::string, const KeyStatus*> issuers;
  for (const KeyStatus& status : figures.keys) issuers.emplace(status.issuer, &status);
  out.family("portcullis_keys", "Usable keys of an issuer; 0: its tokens cannot be judged.", MetricType::Gauge);
  for (const auto& [issuer, status] : issuers)
    out.add(static_cast<double>(status->keys ? status->keys->keys().size() : 0), {{"issuer", issuer}});
  out.family("portcullis_keys_age_seconds", "Since an issuer's keys were last fetched, or found unchanged.",
             MetricType::Gauge);
  for (const auto& [issuer, status] : issuers)
    if (status->age) out.add(std::chrono::duration<double>{*status->age}.count(), {{"issuer", issuer}});
  out.family("portcullis_keys_fetch_total", "Fetches of an issuer's keys.", MetricType::Counter);
  for (const auto& [issuer, counts] : figures.fetches) {
    out.add(counts.good, {{"issuer", issuer}, {"result", "ok"}});
    out.add(counts.failed, {{"issuer", issuer}, {"result", "error"}});
  }
  out.family("portcullis_clock_offset_seconds", "The issuer's clock minus this machine's, when last heard of.",
             MetricType::Gauge);
  for (const auto& [issuer, status] : issuers)
    if (status->clock_offset) out.add(static_cast<double>(status->clock_offset->count()), {{"issuer", issuer}});
}

void add_server(Exposition& out, const Figures& figures) {
  out.family("portcullis_connections", "Open connections of proxies.", MetricType::Gauge);
  out.add(static_cast<double>(figures.connections));
  out.family("portcullis_waiting_requests", "Requests laid aside until keys or the store answer.", MetricType::Gauge);
  out.add(static_cast<double>(figures.waiting));
  out.family("portcullis_ready", "What /readyz says.", MetricType::Gauge);
  out.add(figures.ready ? 1.0 : 0.0);
  out.family("portcullis_config_last_reload_successful", "Whether the last configuration that came is in use.",
             MetricType::Gauge);
  out.add(figures.last_reload_successful ? 1.0 : 0.0);
  out.family("portcullis_config_last_reload_success_timestamp_seconds", "Since when the configuration is in use.",
             MetricType::Gauge);
  out.add(figures.last_reload);
  out.family("portcullis_config_reloads_total", "Configurations that replaced another one.", MetricType::Counter);
  out.add(figures.reloads);
  out.family("portcullis_log_lines_dropped_total", "Log lines given up because nobody read the log fast enough.",
             MetricType::Counter);
  out.add(figures.log_lines_dropped);
  out.family("portcullis_build_info", "Always 1.", MetricType::Gauge);
  out.add(1.0, {{"version", PORTCULLIS_VERSION}});
}

void add_process(Exposition& out, const Figures& figures) {
  const system::ProcessFigures& process = figures.process;
  out.family("process_cpu_seconds_total", "User and system time.", MetricType::Counter);
  out.add(process.cpu_seconds);
  out.family("process_resident_memory_bytes", "Memory in use.", MetricType::Gauge);
  out.add(static_cast<double>(process.resident_bytes));
  out.family("process_virtual_memory_bytes", "Addresses in use.", MetricType::Gauge);
  out.add(static_cast<double>(process.virtual_bytes));
  out.family("process_open_fds", "Open files and sockets.", MetricType::Gauge);
  out.add(static_cast<double>(process.open_descriptors));
  out.family("process_max_fds", "As many may be open.", MetricType::Gauge);
  out.add(static_cast<double>(process.most_descriptors));
  out.family("process_threads", "Threads.", MetricType::Gauge);
  out.add(static_cast<double>(process.threads));
  out.family("process_start_time_seconds", "Start, in Unix seconds.", MetricType::Gauge);
  out.add(figures.started);
}

}  // namespace

std::string metrics_text(const Figures& figures) {
  Exposition out;
  add_decisions(out, figures.decisions);
  add_limits(out, figures);
  add_keys(out, figures);
  add_server(out, figures);
  add_process(out, figures);
  return std::move(out).text();
}

}  // namespace portcullis::serve
