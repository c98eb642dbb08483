using System.Globalization;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>Amounts as docker's users write them.</summary>
public static class Quantity
{
    /// <summary>Bytes: a number and perhaps b, k, m, g or t, each 1024 times the one before; also kb, kib and the like.</summary>
    /// <exception cref="CrunException">It is no such amount.</exception>
    public static long ParseBytes(string option, string text)
    {
        string number = text.TrimEnd();
        string lower = number.ToLowerInvariant();
        lower = lower.EndsWith("ib", StringComparison.Ordinal) ? lower[..^2]
            : lower.Length > 1 && lower[^1] == 'b' && char.IsLetter(lower[^2]) ? lower[..^1]
            : lower;
        int shift = lower.Length == 0 ? 0 : lower[^1] switch { 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, 'p' => 50, _ => 0 };
        if (shift > 0 || lower.EndsWith('b'))
        {
            lower = lower[..^1];
        }

        if (!decimal.TryParse(lower, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
            || value > long.MaxValue >> shift)
        {
            throw Refuse(option, text, "it is no amount of bytes, as 64m or 1g");
        }

        return (long)(value * (1L << shift));
    }

    /// <summary>As <see cref="ParseBytes"/>; -1 means that there is no limit.</summary>
    public static long ParseBytesOrUnlimited(string option, string text) => text == "-1" ? -1 : ParseBytes(option, text);

    /// <summary>Billionths of a CPU.</summary>
    public static long ParseCpus(string option, string text)
    {
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal cpus) || cpus > 1_000_000)
        {
            throw Refuse(option, text, "it is no number of CPUs, as 1.5");
        }

        decimal nano = cpus * 1_000_000_000m;
        return nano == decimal.Truncate(nano)
            ? (long)nano
            : throw Refuse(option, text, "a billionth of a CPU is the smallest part");
    }

    public static long ParseNumber(string option, string text, long least, long most) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most
            ? value
            : throw Refuse(option, text, $"it is no number from {least} to {most}");

    internal static CrunException Refuse(string option, string text, string why) => new($"cannot use {option} '{text}'", why);
}
