using System.Net;

namespace CrunSharp.Registry.Http;

/// <summary>Whether an address is this machine: the only one that may speak plain http without being listed.</summary>
internal static class Loopback
{
    // By its text and never by asking DNS, whose answers are somebody else's.
    public static bool Is(Uri uri) =>
        uri.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(uri.IdnHost, out IPAddress? address) && IPAddress.IsLoopback(address));
}
