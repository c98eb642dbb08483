using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Who the calling process is.</summary>
public static partial class Identity
{
    public static uint EffectiveUid => geteuid();

    public static uint EffectiveGid => getegid();

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();
}
