package main

import (
	"encoding/json"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

type envelope struct {
	Op string `json:"op"`
}

type helloRequest struct {
	envelope
	Protocol int `json:"protocol"`
}

type helloAnswer struct {
	OK           bool     `json:"ok"`
	SDK          string   `json:"sdk"`
	Version      string   `json:"version"`
	Language     string   `json:"language"`
	Capabilities []string `json:"capabilities"`
}

type answer struct {
	OK        bool   `json:"ok"`
	Result    string `json:"result,omitempty"`
	Message   string `json:"message,omitempty"`
	ElapsedMS *int64 `json:"elapsed_ms,omitempty"`
}

type callRequest struct {
	envelope
	TimeoutMS *int64 `json:"timeout_ms"`
}

type startRequest struct {
	envelope
	Signal        string           `json:"signal"`
	Configuration configuration    `json:"configuration"`
	Meter         *scope           `json:"meter"`
	Instruments   []instrumentSpec `json:"instruments"`
	Views         []viewSpec       `json:"views"`
	Resource      attributes       `json:"resource"`
	Workers       []attributes     `json:"workers"`
}

// configuration is what is set in code. What is absent is left to the environment and the SDK.
type configuration struct {
	IntervalMS         *int64            `json:"interval_ms"`
	TimeoutMS          *int64            `json:"timeout_ms"`
	ExporterTimeoutMS  *int64            `json:"exporter_timeout_ms"`
	Processor          string            `json:"processor"`
	MaxQueueSize       *int              `json:"max_queue_size"`
	MaxExportBatchSize *int              `json:"max_export_batch_size"`
	ScheduleDelayMS    *int64            `json:"schedule_delay_ms"`
	ExportTimeoutMS    *int64            `json:"export_timeout_ms"`
	AllowSlowCycles    *bool             `json:"allow_slow_cycles"`
	Temporality        json.RawMessage   `json:"temporality"`
	Headers            map[string]string `json:"headers"`
	Compression        string            `json:"compression"`
	Endpoint           string            `json:"endpoint"`
}

type scope struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type instrumentSpec struct {
	Name        string        `json:"name"`
	Kind        string        `json:"kind"`
	Number      string        `json:"number"`
	Unit        string        `json:"unit"`
	Description string        `json:"description"`
	Observe     []observation `json:"observe"`
}

type observation struct {
	Value      json.Number `json:"value"`
	Attributes attributes  `json:"attributes"`
}

type viewSpec struct {
	Name            string    `json:"name"`
	Kind            string    `json:"kind"`
	Unit            string    `json:"unit"`
	Meter           string    `json:"meter"`
	Rename          string    `json:"rename"`
	Drop            bool      `json:"drop"`
	AllowAttributes *[]string `json:"allow_attributes"`
	Buckets         []float64 `json:"buckets"`
	Exponential     bool      `json:"exponential"`
}

type measurement struct {
	envelope
	Instrument string      `json:"instrument"`
	Value      json.Number `json:"value"`
	Times      *int        `json:"times"`
	Attributes attributes  `json:"attributes"`
}

type observableState struct {
	envelope
	Instrument string       `json:"instrument"`
	Value      *json.Number `json:"value"`
	Attributes attributes   `json:"attributes"`
	Panic      bool         `json:"panic"`
	BlockMS    int64        `json:"block_ms"`
}

type items struct {
	envelope
	Items      int64       `json:"items"`
	FirstItem  int64       `json:"first_item"`
	Attributes attributes  `json:"attributes"`
	Unsampled  bool        `json:"unsampled"`
	Span       spanDetails `json:"span"`
	InSpan     bool        `json:"in_span"`
}

type spanDetails struct {
	Kind   string `json:"kind"`
	Events []struct {
		Name       string     `json:"name"`
		Attributes attributes `json:"attributes"`
	} `json:"events"`
	Links []struct {
		Attributes attributes `json:"attributes"`
	} `json:"links"`
	Status json.RawMessage `json:"status"`
}

// attributes holds booleans, numbers as they are written, and texts.
type attributes map[string]any

// keyValues is a as the API takes it. A number with neither fraction nor exponent is a whole one.
func (a attributes) keyValues() ([]attribute.KeyValue, error) {
	var keyValues []attribute.KeyValue
	for key, value := range a {
		switch value := value.(type) {
		case bool:
			keyValues = append(keyValues, attribute.Bool(key, value))
		case string:
			keyValues = append(keyValues, attribute.String(key, value))
		case json.Number:
			if whole, err := value.Int64(); err == nil {
				keyValues = append(keyValues, attribute.Int64(key, whole))
			} else if fraction, err := value.Float64(); err == nil {
				keyValues = append(keyValues, attribute.Float64(key, fraction))
			} else {
				return nil, fmt.Errorf("attribute %q: %w", key, err)
			}
		default:
			return nil, fmt.Errorf("attribute %q: %v is of no type that attributes have", key, value)
		}
	}
	return keyValues, nil
}

func milliseconds(count int64) time.Duration { return time.Duration(count) * time.Millisecond }
