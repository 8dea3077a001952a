#include "siem/event_mapping.hpp"

#include <array>

namespace carrel::siem {

namespace {

using enum event_column;

constexpr auto all = std::to_array<event_mapping>({
    // When it happened, before when somebody passed it on.
    {time, "timestamp"},
    {time, "@timestamp"},
    {time, "TimeCreated"},
    {time, "EventTime"},
    {time, "properties.Timestamp"},  // Defender, streamed
    {time, "time"},
    {time, "ts"},
    {time, "Event.System.TimeCreated.#attributes.SystemTime"},  // evtx_dump
    {time, "Event.System.TimeCreated_attributes.SystemTime"},   // evtx_dump with separate attributes
    {time, "Event.System.TimeCreated.SystemTime"},
    {time, "Event.System.TimeCreated.@SystemTime"},
    {time, "System.TimeCreated.SystemTime"},  // Velociraptor
    {time, "_SOURCE_REALTIME_TIMESTAMP"},     // journald
    {time, "__REALTIME_TIMESTAMP"},
    {time, "eventTime"},                 // CloudTrail
    {time, "requestReceivedTimestamp"},  // Kubernetes audit
    {time, "stageTimestamp"},
    {time, "published"},        // Okta
    {time, "TimeGenerated"},    // Azure Monitor
    {time, "CreationTime"},     // Microsoft 365 audit
    {time, "createdDateTime"},  // Microsoft Graph
    {time, "activityDateTime"},
    {time, "Timestamp"},  // Defender, Hayabusa
    {time, "unixTime"},   // osquery
    {time, "calendarTime"},
    {time, "createdAt"},   // GuardDuty
    {time, "created_at"},  // GitHub audit
    {time, "timeCreated"},
    {time, "receiveTimestamp"},
    {time, "_time"},
    {time, "date"},  // Fluent Bit
    {time, "_ts"},
    {time, "event.created"},
    {time, "observed_time"},  // OTLP

    // Where it happened, before what collected it.
    {host, "Hostname"},
    {host, "Computer"},
    {host, "winlog.computer_name"},
    {host, "Event.System.Computer"},
    {host, "System.Computer"},
    {host, "data.win.system.computer"},  // Wazuh
    {host, "computer_name"},
    {host, "MachineName"},
    {host, "DeviceName"},
    {host, "properties.DeviceName"},
    {host, "_HOSTNAME"},
    {host, "log.syslog.hostname"},
    {host, "host"},
    {host, "hostname"},
    {host, "host.name"},
    {host, "host.hostname"},
    {host, "hostIdentifier"},
    {host, "@system"},  // Zeek
    {host, "_system_name"},
    {host, "kubernetes.host"},
    {host, "Fqdn"},
    {host, "agent.name"},
    {host, "resource.host.name"},  // OTLP
    {host, "attributes.host.name"},
    {host, "labels.host"},  // Loki
    {host, "labels.hostname"},
    {host, "labels.instance"},

    // Which program or service says it.
    {source, "source"},
    {source, "SourceName"},
    {source, "ProviderName"},
    {source, "Provider"},
    {source, "EventSourceName"},
    {source, "winlog.provider_name"},
    {source, "Event.System.Provider.#attributes.Name"},
    {source, "Event.System.Provider_attributes.Name"},
    {source, "Event.System.Provider.Name"},
    {source, "Event.System.Provider.@Name"},
    {source, "System.Provider.Name"},
    {source, "data.win.system.providerName"},
    {source, "source_name"},
    {source, "event.provider"},
    {source, "eventSource"},
    {source, "protoPayload.serviceName"},
    {source, "Workload"},
    {source, "SYSLOG_IDENTIFIER"},
    {source, "log.syslog.appname"},
    {source, "process.program"},
    {source, "ident"},  // fluentd
    {source, "name", "hostIdentifier"},
    {source, "app", "facility"},  // what was received as syslog
    {source, "resource.service.name"},
    {source, "labels.service_name"},
    {source, "labels.app"},
    {source, "labels.job"},

    // Which log it is from.
    {channel, "channel"},
    {channel, "Channel"},
    {channel, "winlog.channel"},
    {channel, "Event.System.Channel"},
    {channel, "System.Channel"},
    {channel, "data.win.system.channel"},
    {channel, "LogName"},
    {channel, "log_name"},
    {channel, "logName"},
    {channel, "event.dataset"},
    {channel, "data_stream.dataset"},
    {channel, "event_type"},
    {channel, "@stream"},
    {channel, "_path"},
    {channel, "category", "operationName"},
    {channel, "tag", "ident"},
    {channel, "facility", "severity_code"},
    {channel, "scope.name"},
    {channel, "labels.filename"},

    // What names the happening.
    {event_code, "EventID"},
    {event_code, "event_code"},
    {event_code, "event.code"},
    {event_code, "EventId"},
    {event_code, "winlog.event_id"},
    {event_code, "Event.System.EventID"},
    {event_code, "Event.System.EventID.#text"},
    {event_code, "System.EventID"},
    {event_code, "System.EventID.Value"},
    {event_code, "System.EventID.#text"},
    {event_code, "data.win.system.eventID"},
    {event_code, "event_id"},
    {event_code, "eventName"},
    {event_code, "Operation"},
    {event_code, "ActionType"},
    {event_code, "properties.ActionType"},
    {event_code, "protoPayload.methodName"},
    {event_code, "methodName"},
    {event_code, "eventType"},
    {event_code, "verb"},
    {event_code, "rule"},  // Falco
    {event_code, "event.action"},
    {event_code, "Id", "LogName"},
    {event_code, "action", {}, "hostIdentifier"},  // of osquery it says how the result changed
    {event_code, "OperationName"},
    {event_code, "operationName"},
    {event_code, "EventID.#text"},
    {event_code, "EventID.Value"},
    {event_code, "event_name"},
    {event_code, "attributes.event.name"},
    {event_code, "msgid", "facility"},

    {severity, "severity"},
    {severity, "Severity"},
    {severity, "level", {}, "requestReceivedTimestamp"},  // of Kubernetes' audit it says how much is logged
    {severity, "Level"},
    {severity, "log.level"},
    {severity, "LevelDisplayName"},
    {severity, "data.win.system.severityValue"},
    // Windows' level 0 is that of what has none.
    {severity, "data.win.system.level", {}, {}, "0"},
    {severity, "Event.System.Level", {}, {}, "0"},
    {severity, "System.Level", {}, {}, "0"},
    {severity, "PRIORITY"},
    {severity, "priority"},
    {severity, "syslog.severity_label"},
    {severity, "log.syslog.severity.name"},
    {severity, "log.syslog.severity.code"},
    {severity, "event.severity"},
    {severity, "severity_number"},
    {severity, "labels.level"},
    {severity, "labels.severity"},
    {severity, "metadata.level"},
});

}  // namespace

std::span<const event_mapping> builtin_mappings() { return all; }

}  // namespace carrel::siem
