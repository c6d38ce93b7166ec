package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// instruments are those of one meter, by name.
type instruments struct {
	synchronous map[string]func(json.Number, metric.MeasurementOption) error
	observables map[string]*observable
}

// observable is what a callback does when it is called.
type observable struct {
	mu     sync.Mutex
	values map[attribute.Distinct]observed
	fails  bool
	blocks time.Duration
}

type observed struct {
	value json.Number
	set   attribute.Set
}

func newInstruments(meter metric.Meter, specs []instrumentSpec) (*instruments, error) {
	made := &instruments{
		synchronous: map[string]func(json.Number, metric.MeasurementOption) error{},
		observables: map[string]*observable{},
	}
	for _, spec := range specs {
		var err error
		switch spec.Kind {
		case "observable_counter", "observable_up_down_counter", "observable_gauge":
			observable := &observable{values: map[attribute.Distinct]observed{}}
			for _, observation := range spec.Observe {
				if err := observable.set(&observation.Value, observation.Attributes); err != nil {
					return nil, err
				}
			}
			made.observables[spec.Name] = observable
			err = observable.register(meter, &spec)
		default:
			made.synchronous[spec.Name], err = newSynchronous(meter, &spec)
		}
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

// isFloat tells which of the two forms of an instrument is meant: floats for histograms, else whole numbers, unless the
// scenario says otherwise.
func (s *instrumentSpec) isFloat() bool {
	return s.Number == "float" || s.Number == "" && s.Kind == "histogram"
}

func newSynchronous(meter metric.Meter, spec *instrumentSpec) (
	func(json.Number, metric.MeasurementOption) error, error,
) {
	unit, description := metric.WithUnit(spec.Unit), metric.WithDescription(spec.Description)
	switch {
	case spec.Kind == "counter" && spec.isFloat():
		counter, err := meter.Float64Counter(spec.Name, unit, description)
		return float(func(value float64, o metric.MeasurementOption) { counter.Add(context.Background(), value, o) }), err
	case spec.Kind == "counter":
		counter, err := meter.Int64Counter(spec.Name, unit, description)
		return whole(func(value int64, o metric.MeasurementOption) { counter.Add(context.Background(), value, o) }), err
	case spec.Kind == "up_down_counter" && spec.isFloat():
		counter, err := meter.Float64UpDownCounter(spec.Name, unit, description)
		return float(func(value float64, o metric.MeasurementOption) { counter.Add(context.Background(), value, o) }), err
	case spec.Kind == "up_down_counter":
		counter, err := meter.Int64UpDownCounter(spec.Name, unit, description)
		return whole(func(value int64, o metric.MeasurementOption) { counter.Add(context.Background(), value, o) }), err
	case spec.Kind == "histogram" && spec.isFloat():
		histogram, err := meter.Float64Histogram(spec.Name, unit, description)
		return float(func(value float64, o metric.MeasurementOption) { histogram.Record(context.Background(), value, o) }), err
	case spec.Kind == "histogram":
		histogram, err := meter.Int64Histogram(spec.Name, unit, description)
		return whole(func(value int64, o metric.MeasurementOption) { histogram.Record(context.Background(), value, o) }), err
	case spec.Kind == "gauge" && spec.isFloat():
		gauge, err := meter.Float64Gauge(spec.Name, unit, description)
		return float(func(value float64, o metric.MeasurementOption) { gauge.Record(context.Background(), value, o) }), err
	case spec.Kind == "gauge":
		gauge, err := meter.Int64Gauge(spec.Name, unit, description)
		return whole(func(value int64, o metric.MeasurementOption) { gauge.Record(context.Background(), value, o) }), err
	}
	return nil, fmt.Errorf("there is no instrument kind %q", spec.Kind)
}

func whole(record func(int64, metric.MeasurementOption)) func(json.Number, metric.MeasurementOption) error {
	return func(value json.Number, option metric.MeasurementOption) error {
		number, err := value.Int64()
		if err == nil {
			record(number, option)
		}
		return err
	}
}

func float(record func(float64, metric.MeasurementOption)) func(json.Number, metric.MeasurementOption) error {
	return func(value json.Number, option metric.MeasurementOption) error {
		number, err := value.Float64()
		if err == nil {
			record(number, option)
		}
		return err
	}
}

func (i *instruments) record(m *measurement) error {
	if i == nil {
		return errNoInstruments
	}
	record, ok := i.synchronous[m.Instrument]
	if !ok {
		return fmt.Errorf("there is no synchronous instrument %q", m.Instrument)
	}
	keyValues, err := m.Attributes.keyValues()
	if err != nil {
		return err
	}
	times := 1
	if m.Times != nil {
		times = *m.Times
	}
	option := metric.WithAttributes(keyValues...)
	for range times {
		if err := record(m.Value, option); err != nil {
			return err
		}
	}
	return nil
}

func (i *instruments) observe(state *observableState) error {
	if i == nil {
		return errNoInstruments
	}
	observable, ok := i.observables[state.Instrument]
	if !ok {
		return fmt.Errorf("there is no observable instrument %q", state.Instrument)
	}
	observable.mu.Lock()
	defer observable.mu.Unlock()
	observable.fails = state.Panic
	observable.blocks = milliseconds(state.BlockMS)
	if state.Value == nil && (state.Panic || state.BlockMS > 0) {
		return nil
	}
	return observable.set(state.Value, state.Attributes)
}

// set makes the callback report value for attributes; without a value, it no longer does.
func (o *observable) set(value *json.Number, attributes attributes) error {
	keyValues, err := attributes.keyValues()
	if err != nil {
		return err
	}
	set := attribute.NewSet(keyValues...)
	if value == nil {
		delete(o.values, set.Equivalent())
	} else {
		o.values[set.Equivalent()] = observed{value: *value, set: set}
	}
	return nil
}

// register makes the instrument with o as its callback.
func (o *observable) register(meter metric.Meter, spec *instrumentSpec) error {
	unit, description := metric.WithUnit(spec.Unit), metric.WithDescription(spec.Description)
	ints := metric.WithInt64Callback(func(_ context.Context, observer metric.Int64Observer) error {
		return o.report(whole(func(value int64, option metric.MeasurementOption) { observer.Observe(value, option) }))
	})
	floats := metric.WithFloat64Callback(func(_ context.Context, observer metric.Float64Observer) error {
		return o.report(float(func(value float64, option metric.MeasurementOption) { observer.Observe(value, option) }))
	})
	var err error
	switch {
	case spec.Kind == "observable_counter" && spec.isFloat():
		_, err = meter.Float64ObservableCounter(spec.Name, unit, description, floats)
	case spec.Kind == "observable_counter":
		_, err = meter.Int64ObservableCounter(spec.Name, unit, description, ints)
	case spec.Kind == "observable_up_down_counter" && spec.isFloat():
		_, err = meter.Float64ObservableUpDownCounter(spec.Name, unit, description, floats)
	case spec.Kind == "observable_up_down_counter":
		_, err = meter.Int64ObservableUpDownCounter(spec.Name, unit, description, ints)
	case spec.isFloat():
		_, err = meter.Float64ObservableGauge(spec.Name, unit, description, floats)
	default:
		_, err = meter.Int64ObservableGauge(spec.Name, unit, description, ints)
	}
	return err
}

// report is the callback. In Go a callback that cannot do its work returns an error.
func (o *observable) report(observe func(json.Number, metric.MeasurementOption) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	time.Sleep(o.blocks)
	if o.fails {
		return errCallback
	}
	for _, observed := range o.values {
		if err := observe(observed.value, metric.WithAttributeSet(observed.set)); err != nil {
			return err
		}
	}
	return nil
}

func newView(spec *viewSpec) (sdkmetric.View, error) {
	criteria := sdkmetric.Instrument{Name: spec.Name, Unit: spec.Unit}
	criteria.Scope.Name = spec.Meter
	if spec.Kind != "" {
		kind, err := instrumentKind(spec.Kind)
		if err != nil {
			return nil, err
		}
		criteria.Kind = kind
	}
	if criteria.IsEmpty() {
		// A view of everything, which the SDK takes for a mistake where it has no selector at all.
		criteria.Name = "*"
	}
	stream := sdkmetric.Stream{Name: spec.Rename}
	if spec.AllowAttributes != nil {
		var keys []attribute.Key
		for _, key := range *spec.AllowAttributes {
			keys = append(keys, attribute.Key(key))
		}
		stream.AttributeFilter = attribute.NewAllowKeysFilter(keys...)
	}
	if spec.Buckets != nil {
		stream.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: spec.Buckets}
	}
	if spec.Exponential {
		// What the specification has by default, and what the SDK's exporters take for exponential histograms.
		stream.Aggregation = sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
	}
	if spec.Drop {
		stream.Aggregation = sdkmetric.AggregationDrop{}
	}
	return sdkmetric.NewView(criteria, stream), nil
}
