//! A meter whose instruments record into two providers: that of the scrape first, and that of the export.

use std::sync::Arc;

use opentelemetry::{
    InstrumentationScope, KeyValue,
    metrics::{
        AsyncInstrumentBuilder, BoundCounter, BoundGauge, BoundHistogram, BoundSyncInstrument,
        BoundUpDownCounter, Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder,
        InstrumentProvider, Meter, MeterProvider, ObservableCounter, ObservableGauge,
        ObservableUpDownCounter, SyncInstrument, UpDownCounter,
    },
};

/// The same thing of either provider: a provider itself, a meter, an instrument, a bound instrument.
#[derive(Clone, Debug)]
pub struct Both<T>(pub T, pub T);

impl<P: MeterProvider> MeterProvider for Both<P> {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        let first = self.0.meter_with_scope(scope.clone());
        Meter::new(Arc::new(Both(first, self.1.meter_with_scope(scope))))
    }
}

macro_rules! records {
    ($instrument:ident, $bound:ident, $record:ident) => {
        impl<T: Copy + 'static> SyncInstrument<T> for Both<$instrument<T>> {
            fn measure(&self, value: T, attributes: &[KeyValue]) {
                self.0.$record(value, attributes);
                self.1.$record(value, attributes);
            }

            fn bind(
                &self,
                attributes: &[KeyValue],
            ) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
                Box::new(Both(self.0.bind(attributes), self.1.bind(attributes)))
            }
        }

        impl<T: Copy> BoundSyncInstrument<T> for Both<$bound<T>> {
            fn measure(&self, value: T) {
                self.0.$record(value);
                self.1.$record(value);
            }
        }
    };
}

records!(Counter, BoundCounter, add);
records!(UpDownCounter, BoundUpDownCounter, add);
records!(Gauge, BoundGauge, record);
records!(Histogram, BoundHistogram, record);

/// The builder with the unit and the description of another one.
macro_rules! described {
    ($builder:expr, $given:expr) => {{
        let mut builder = $builder;
        if let Some(unit) = &$given.unit {
            builder = builder.with_unit(unit.clone());
        }
        if let Some(description) = &$given.description {
            builder = builder.with_description(description.clone());
        }
        builder
    }};
}

macro_rules! instruments {
    ($($name:ident: $instrument:ident<$number:ty>),*) => {
        $(fn $name(
            &self,
            given: InstrumentBuilder<'_, $instrument<$number>>,
        ) -> $instrument<$number> {
            let of = |meter: &Meter| described!(meter.$name(given.name.clone()), given).build();
            $instrument::new(Arc::new(Both(of(&self.0), of(&self.1))))
        })*
    };
}

macro_rules! histograms {
    ($($name:ident: $number:ty),*) => {
        $(fn $name(
            &self,
            given: HistogramBuilder<'_, Histogram<$number>>,
        ) -> Histogram<$number> {
            let of = |meter: &Meter| {
                let mut builder = described!(meter.$name(given.name.clone()), given);
                builder.boundaries.clone_from(&given.boundaries);
                builder.build()
            };
            Histogram::new(Arc::new(Both(of(&self.0), of(&self.1))))
        })*
    };
}

macro_rules! observables {
    ($($name:ident: $instrument:ident<$number:ty>),*) => {
        $(fn $name(
            &self,
            given: AsyncInstrumentBuilder<'_, $instrument<$number>, $number>,
        ) -> $instrument<$number> {
            let callbacks = Arc::new(given.callbacks);
            for meter in [&self.0, &self.1] {
                let callbacks = Arc::clone(&callbacks);
                described!(meter.$name(given.name.clone()), given)
                    .with_callback(move |observer| {
                        callbacks.iter().for_each(|callback| callback(observer));
                    })
                    .build();
            }
            $instrument::new()
        })*
    };
}

impl InstrumentProvider for Both<Meter> {
    instruments!(
        u64_counter: Counter<u64>,
        f64_counter: Counter<f64>,
        i64_up_down_counter: UpDownCounter<i64>,
        f64_up_down_counter: UpDownCounter<f64>,
        u64_gauge: Gauge<u64>,
        f64_gauge: Gauge<f64>,
        i64_gauge: Gauge<i64>
    );

    histograms!(f64_histogram: f64, u64_histogram: u64);

    observables!(
        u64_observable_counter: ObservableCounter<u64>,
        f64_observable_counter: ObservableCounter<f64>,
        i64_observable_up_down_counter: ObservableUpDownCounter<i64>,
        f64_observable_up_down_counter: ObservableUpDownCounter<f64>,
        u64_observable_gauge: ObservableGauge<u64>,
        i64_observable_gauge: ObservableGauge<i64>,
        f64_observable_gauge: ObservableGauge<f64>
    );
}

#[cfg(test)]
mod tests;
