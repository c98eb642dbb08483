using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrunSharp.Observe;

namespace CrunSharp.Cli.Output;

/// <summary>What <c>why</c> found, for programs.</summary>
internal static class WhyJson
{
    public static string Write(int exitCode, Observation seen)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("exitCode", exitCode);
            WriteAll(json, "refused", seen.Refused);
            WriteAll(json, "ordinary", seen.Ordinary);
            json.WriteStartObject("failures");
            foreach ((string name, int count) in seen.Failures)
            {
                json.WriteNumber(name, count);
            }

            json.WriteEndObject();
            WriteTexts(json, "lastFailures", seen.LastFailures);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteAll(Utf8JsonWriter json, string name, IReadOnlyList<Refusal> refusals)
    {
        json.WriteStartArray(name);
        foreach (Refusal refusal in refusals)
        {
            json.WriteStartObject();
            json.WriteString("call", refusal.Name);
            json.WriteString("text", refusal.Text);
            json.WriteString("errno", refusal.Errno == 0 ? null : Errno.Name(refusal.Errno));
            json.WriteString("program", refusal.Program);
            json.WriteNumber("pid", refusal.Pid);
            json.WriteNumber("count", refusal.Count);
            json.WriteBoolean("mattered", refusal.Mattered);
            json.WriteString("layer", LayerNames.Of(refusal.Verdict.Layer));
            json.WriteString("detail", refusal.Verdict.Detail);
            WriteTexts(json, "evidence", refusal.Verdict.Evidence);
            WriteTexts(json, "behind", refusal.Verdict.Behind);
            WriteTexts(json, "allow", refusal.Verdict.Allow);
            WriteTexts(json, "doubt", [.. refusal.Verdict.Doubt.Select(Doubts.Name)]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
