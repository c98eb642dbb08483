using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Turns the answer of a call into a value or an exception that says which call it was.</summary>
internal static class Answer
{
    /// <summary>Reads errno, so it stands directly after the call.</summary>
    public static LinuxException Refused(string call) => new(Marshal.GetLastPInvokeError(), call);
}
