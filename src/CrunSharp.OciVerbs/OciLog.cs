using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.OciVerbs;

/// <summary>Where failures and warnings go, in the forms that the callers of a runtime read.</summary>
/// <remarks>containerd takes the last line of level error out of a JSON log; conmon and people read descriptor 2.</remarks>
public sealed class OciLog
{
    private const int O_WRONLY = 1;
    private const int O_CREAT = 0x40;
    private const int O_APPEND = 0x400;

    public string? Path { get; init; }

    public bool Json { get; init; }

    public bool Debugging { get; init; }

    /// <summary>What stands before a message on descriptor 2.</summary>
    public string Program { get; init; } = "crun-sharp-oci";

    public void Error(string message, IReadOnlyList<string> hints)
    {
        Write("error", message);
        if (Path is null && Json)
        {
            return;
        }

        StringBuilder text = new();
        text.Append(Program).Append(": ").Append(message).Append('\n');
        foreach (string hint in hints)
        {
            text.Append("  ").Append(hint).Append('\n');
        }

        Output.Write(2, text.ToString());
    }

    public void Warn(string message)
    {
        Write("warning", message);
        if (Path is null && !Json)
        {
            Output.Write(2, $"{Program}: {message}\n");
        }
    }

    public void Debug(string message)
    {
        if (Debugging)
        {
            Write("debug", message);
            if (Path is null && !Json)
            {
                Output.Write(2, Text("debug", message));
            }
        }
    }

    private void Write(string level, string message)
    {
        string line = Json ? JsonLine(level, message) : Text(level, message);
        if (Path is null)
        {
            if (Json)
            {
                Output.Write(2, line);
            }

            return;
        }

        try
        {
            using SafeFileHandle file = Descriptors.Open(Path, O_WRONLY | O_CREAT | O_APPEND, 0x1a4 /* 0644 */);
            Descriptors.Write(file, Encoding.UTF8.GetBytes(line));
        }
        catch (LinuxException failure)
        {
            Output.Write(2, $"{Program}: cannot log: {failure.Message}\n");
        }
    }

    internal static string Text(string level, string message) =>
        $"time=\"{Now()}\" level={level} msg=\"{message.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"\n";

    internal static string JsonLine(string level, string message)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("level"u8, level);
            json.WriteString("msg"u8, message);
            json.WriteString("time"u8, Now());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static string Now() => DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
