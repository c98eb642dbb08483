using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>The kernel refused a call: which call, with which arguments, and the errno.</summary>
public sealed class LinuxException(int errno, string call)
    : Exception($"{call}: {Marshal.GetPInvokeErrorMessage(errno)}")
{
    public int Errno { get; } = errno;

    public string Call { get; } = call;

    /// <summary>What the errno means, in the system's words.</summary>
    public string Reason => Marshal.GetPInvokeErrorMessage(Errno);
}
