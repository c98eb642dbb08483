using System.Runtime.InteropServices;
using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

internal enum ReportKind : uint
{
    Failed = 1,
    Ready,
    Forked,
    Waiting,
    Listener = 6,
    Root,
    Note,
    Fuse,
}

internal enum ReportDetail : uint
{
    None,
    NotFound,
    NotExecutable,
    TooRevealing,
    BadPlan,
    NoOverlay,
}

/// <summary>One message of the stage: native/include/plan.h, struct report_message; a test compares.</summary>
internal readonly record struct StageReport(
    ReportKind Kind, uint Step, int Error, ReportDetail Detail, ulong Time, string Text, SafeFileHandle? Descriptor)
{
    internal const int HeaderSize = 24;
    internal const int Size = HeaderSize + 488;

    /// <summary>Waits for the next one; null once nobody is left who could send one.</summary>
    public static StageReport? TryRead(SafeFileHandle socket)
    {
        Span<byte> message = stackalloc byte[Size];
        int length = UnixSocket.Receive(socket, message, out SafeFileHandle? descriptor);
        return length < HeaderSize ? null : Parse(message[..length], descriptor);
    }

    internal static StageReport Parse(ReadOnlySpan<byte> message, SafeFileHandle? descriptor)
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(message[..16]);
        ulong time = MemoryMarshal.Read<ulong>(message[16..]);
        ReadOnlySpan<byte> text = message[HeaderSize..];
        int end = text.IndexOf((byte)0);
        return new StageReport(
            (ReportKind)words[0], words[1], (int)words[2], (ReportDetail)words[3], time, Encoding.UTF8.GetString(end < 0 ? text : text[..end]), descriptor);
    }

    /// <summary>The failure as a user reads it: what was being done, by its place in the spec.</summary>
    public CrunException ToException(string doing, LaunchPlan? plan)
    {
        string origin = plan is not null && Step < plan.Steps.Count ? plan.Steps[(int)Step].Origin : "";
        string errno = Error == 0 || Detail is not (ReportDetail.None or ReportDetail.NoOverlay) ? "" : $": {Marshal.GetPInvokeErrorMessage(Error).ToLowerInvariant()}";
        string reason = $"{(origin.Length == 0 || Detail is ReportDetail.NotFound or ReportDetail.NotExecutable ? "" : $"{origin}: ")}{Text}{errno}";
        return new CrunException(doing, reason, Detail == ReportDetail.NoOverlay ? new RootRefusedException($"{Text}{errno}") : null)
        {
            ExitCode = Detail switch
            {
                ReportDetail.NotFound => 127,
                ReportDetail.NotExecutable => 126,
                _ => 125,
            },
        };
    }
}
