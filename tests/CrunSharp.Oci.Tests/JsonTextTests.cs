using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xunit;

namespace CrunSharp.Oci.Tests;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void JsonText_AllKindsOfMembers_AreWhatTheFrameworkWrites(bool indented)
    {
        JsonText ours = new(1, indented);
        ours.WriteStartObject();
        ours.WriteString("text"u8, "with \"quotes\", \\, <, ü and \u65e5");
        ours.WriteNumber("negative"u8, long.MinValue);
        ours.WriteNumber("largest"u8, ulong.MaxValue);
        ours.WriteBoolean("yes"u8, true);
        ours.WriteStartArray("none"u8);
        ours.WriteEndArray();
        ours.WriteStartArray("some"u8);
        ours.WriteStringValue("");
        ours.WriteNumberValue(0);
        ours.WriteStartObject();
        ours.WriteEndObject();
        ours.WriteEndArray();
        ours.WriteStartObject("below"u8);
        ours.WritePropertyName("na\"me");
        ours.WriteRawValue("[1]"u8);
        ours.WriteEndObject();
        ours.WriteEndObject();

        Assert.Equal(Framework(indented), Encoding.UTF8.GetString(ours.Written));
    }

    [Fact]
    public void JsonText_EveryLetterBelow128_IsReadBackAsItWas()
    {
        string all = string.Concat(Enumerable.Range(0, 128).Select(static number => (char)number));
        JsonText json = new(1);
        json.WriteStringValue(all);
        Utf8JsonReader reader = new(json.Written);
        Assert.True(reader.Read());
        Assert.Equal(all, reader.GetString());
    }

    private static string Framework(bool indented)
    {
        ArrayBufferWriter<byte> buffer = new();
        JsonWriterOptions options = new()
        {
            Indented = indented,
            IndentCharacter = '\t',
            IndentSize = 1,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (Utf8JsonWriter json = new(buffer, options))
        {
            json.WriteStartObject();
            json.WriteString("text"u8, "with \"quotes\", \\, <, ü and \u65e5");
            json.WriteNumber("negative"u8, long.MinValue);
            json.WriteNumber("largest"u8, ulong.MaxValue);
            json.WriteBoolean("yes"u8, true);
            json.WriteStartArray("none"u8);
            json.WriteEndArray();
            json.WriteStartArray("some"u8);
            json.WriteStringValue("");
            json.WriteNumberValue(0);
            json.WriteStartObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartObject("below"u8);
            json.WritePropertyName("na\"me");
            json.WriteRawValue("[1]"u8);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
