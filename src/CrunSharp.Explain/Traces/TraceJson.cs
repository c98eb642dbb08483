using System.Globalization;
using System.Text.Json;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>A timeline in Chrome's trace event format, which chrome://tracing and ui.perfetto.dev show.</summary>
/// <remarks>Times are microseconds of CLOCK_MONOTONIC, so that they can be laid beside what others measured on this host.</remarks>
public static class TraceJson
{
    public static byte[] Write(LaunchTrace trace)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("displayTimeUnit", "ns");
            writer.WriteStartArray("traceEvents");
            foreach (TraceTrack track in (ReadOnlySpan<TraceTrack>)[TraceTrack.Start, TraceTrack.Engine, TraceTrack.Runtime, TraceTrack.Stage])
            {
                WriteName(writer, track);
            }

            foreach (TraceSpan span in trace.Spans)
            {
                WriteSpan(writer, span);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteName(Utf8JsonWriter writer, TraceTrack track)
    {
        writer.WriteStartObject();
        writer.WriteString("ph", "M");
        writer.WriteString("name", "thread_name");
        WriteLane(writer, track);
        writer.WriteStartObject("args");
        writer.WriteString("name", TraceGantt.TitleOf(track));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteSpan(Utf8JsonWriter writer, TraceSpan span)
    {
        writer.WriteStartObject();
        writer.WriteString("ph", "X");
        writer.WriteString("name", span.Name);
        writer.WriteString("cat", span.Track.ToString().ToLowerInvariant());
        WriteLane(writer, span.Track);
        writer.WritePropertyName("ts");
        writer.WriteRawValue(Micro(span.Start));
        writer.WritePropertyName("dur");
        writer.WriteRawValue(Micro(span.Duration));
        if (span.Origin.Length > 0)
        {
            writer.WriteStartObject("args");
            writer.WriteString("origin", span.Origin);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteLane(Utf8JsonWriter writer, TraceTrack track)
    {
        writer.WriteNumber("pid", 1);
        writer.WriteNumber("tid", (int)track + 1);
    }

    private static string Micro(long nanoseconds) => (nanoseconds / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
}
