using System.Globalization;

namespace CrunSharp.Bench;

/// <summary>Numbers as people read them: three digits that count.</summary>
public static class Figures
{
    public static string Text(double value) => value switch
    {
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    public static string Interval(Summary summary) => summary is { Low: { } low, High: { } high } ? $"{Text(low)}-{Text(high)}" : "too few";

    public static string Bytes(long bytes) => bytes switch
    {
        >= 10 << 20 => $"{bytes / 1048576.0:0} MiB",
        >= 1 << 20 => $"{(bytes / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture)} MiB",
        _ => $"{bytes / 1024.0:0} KiB",
    };
}
