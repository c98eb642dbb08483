using System.Globalization;
using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Networks;

public sealed partial class NetworkHelper
{
    private NetworkAttachment AttachPasta(int containerPid, CancellationToken cancellationToken)
    {
        bool isRoot = Identity.EffectiveUid == 0 && IdExtent.Read("/proc/self/uid_map") is [{ Outside: 0 }, ..];
        (SafeFileHandle number, SafeFileHandle tellNumber) = Descriptors.Pipe();
        using (number)
        {
            using SafeFileHandle? network = isRoot ? Descriptors.Open($"/proc/{containerPid}/ns/net", 0) : null;
            using HelperProcess process = network is null
                ? Start(PastaArguments(containerPid), tellNumber)
                : Start(PastaArgumentsOfRoot(), tellNumber, network);
            tellNumber.Dispose();

            // It goes to the background once packets flow, and says its new number just before.
            int pid = ReadNumber(process, number, cancellationToken);
            ProcessEnd end = process.Wait();
            return end.Status == 0 ? Attachment(pid) : throw Failed($"it ended with {end.Status}{Quote(process)}");
        }
    }

    /// <remarks>
    /// Started as real root it would become 'nobody' and be refused the namespace: so it stays root, with the few
    /// capabilities that it keeps, and gets the namespace as a descriptor, which needs no right to look at its owner.
    /// </remarks>
    internal static List<string> PastaArgumentsOfRoot() =>
        [.. PastaArguments(0)[..^1], "--runas", "0:0", "--netns-only", "--no-netns-quit", "--netns", $"/proc/self/fd/{NetworkDescriptor}"];

    internal static List<string> PastaArguments(int containerPid) =>
    [
        "pasta", "--config-net", "--quiet",

        // Nothing that listens inside appears outside, and the other way round.
        "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none", "--no-map-gw",

        // The addresses that slirp4netns gives, so that a container cannot tell the helpers apart.
        "--address", "10.0.2.100", "--netmask", "24", "--gateway", "10.0.2.2", "--dns-forward", "10.0.2.3",
        "--mtu", $"{Mtu}", "--ns-ifname", Tap, "--pid", $"/proc/self/fd/{ReadyDescriptor}", $"{containerPid}",
    ];

    private int ReadNumber(HelperProcess process, SafeFileHandle number, CancellationToken cancellationToken)
    {
        // The daemon keeps the pipe open: its end would never come, but its line does.
        Span<byte> text = stackalloc byte[32];
        int length = 0;
        while (length < text.Length && !text[..length].Contains((byte)'\n'))
        {
            WaitForBytes(process, number, cancellationToken);
            int got = Descriptors.Read(number, text[length..]);
            if (got == 0)
            {
                throw Failed($"it ended with {process.Wait().Status}{Quote(process)}");
            }

            length += got;
        }

        return int.TryParse(Encoding.ASCII.GetString(text[..length]).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            ? pid
            : throw Failed("it did not say its number");
    }
}
