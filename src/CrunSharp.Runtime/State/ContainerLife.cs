using CrunSharp.Linux;

namespace CrunSharp.Runtime;

/// <summary>Tells from the outside whether a recorded process still is what was recorded.</summary>
internal static class ContainerLife
{
    private static string? s_boot;

    /// <summary>The id of this boot; start times of another one say nothing.</summary>
    public static string Boot => s_boot ??= ReadBoot();

    public static bool IsAlive(ContainerRecord record) =>
        record.Pid > 0
        && record.BootId == Boot
        && ProcessStatus.TryRead(record.Pid) is { HasEnded: false } status
        && status.StartTime == record.StartTime;

    private static string ReadBoot()
    {
        byte[]? bytes = Descriptors.TryReadAll("/proc/sys/kernel/random/boot_id", 128);
        return bytes is null ? "" : System.Text.Encoding.ASCII.GetString(bytes.AsSpan().TrimEnd((byte)'\n'));
    }
}
