using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>How this process came to its first managed line, in nanoseconds.</summary>
/// <param name="ProcessorBeforeMain">What it had used of a processor before C's main: the kernel keeps a birth to 10 ms only.</param>
/// <param name="Main">CLOCK_MONOTONIC at the first line of C.</param>
/// <param name="Runtime">The same where the .NET runtime was called.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly partial record struct ProcessBirth(long ProcessorBeforeMain, long Main, long Runtime)
{
    /// <summary>Null in a process whose main is not ours.</summary>
    public static unsafe ProcessBirth? TryGet()
    {
        ProcessBirth noted = default;

        // The callee writes before it returns, into a local of this frame.
        crunsharp_process_birth(&noted);
        return noted.Main == 0 ? null : noted;
    }

    [LibraryImport("crunsharp_launch")]
    private static unsafe partial void crunsharp_process_birth(ProcessBirth* noted);
}
