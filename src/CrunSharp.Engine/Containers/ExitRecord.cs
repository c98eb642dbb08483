using System.Globalization;
using System.Text.Json;

namespace CrunSharp.Engine;

/// <summary>How a container's program ended, as the monitor wrote it.</summary>
/// <remarks>One line of JSON; its members are said in native/include/order.h.</remarks>
public sealed record ExitRecord(int ExitCode, int Signal, DateTimeOffset ExitedAt)
{
    /// <summary>Null where there is none, or none that can be read: the monitor was killed before it wrote it.</summary>
    public static ExitRecord? TryRead(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    internal static ExitRecord Parse(ReadOnlySpan<byte> bytes)
    {
        Utf8JsonReader json = new(bytes);
        int code = 0, signal = 0;
        DateTimeOffset at = default;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string property = json.GetString()!;
            json.Read();
            switch (property)
            {
                case "exitCode": code = json.GetInt32(); break;
                case "signal": signal = json.GetInt32(); break;
                case "exitedAt": at = ParseTime(json.GetString()!); break;
                default: json.Skip(); break;
            }
        }

        return new ExitRecord(code, signal, at);
    }

    // The kernel's clock has nanoseconds; a DateTimeOffset has hundreds of them and refuses nine digits.
    private static DateTimeOffset ParseTime(string text)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        string shortened = dot > 0 && text.Length > dot + 8 ? $"{text[..(dot + 8)]}Z" : text;
        return DateTimeOffset.Parse(shortened, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
    }
}
