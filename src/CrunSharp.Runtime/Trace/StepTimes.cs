using System.Runtime.InteropServices;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>The memory in which the stage notes times: its beginning, then the end of each step.</summary>
/// <remarks>native/include/plan.h, PLAN_TRACE.</remarks>
internal static class StepTimes
{
    public static SafeFileHandle CreateFile(int steps)
    {
        SafeFileHandle file = MemoryFile.CreateUnsealed("crun-sharp-times");
        RandomAccess.SetLength(file, (steps + 1L) * sizeof(ulong));
        return file;
    }

    /// <summary>What has been noted so far; 0: not yet.</summary>
    public static ulong[] Read(SafeFileHandle file, int steps)
    {
        ulong[] times = new ulong[steps + 1];
        int size = RandomAccess.Read(file, MemoryMarshal.AsBytes(times.AsSpan()), 0);
        return size == times.Length * sizeof(ulong) ? times : [];
    }
}
