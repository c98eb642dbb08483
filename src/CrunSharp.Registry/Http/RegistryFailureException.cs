using System.Net.Sockets;

namespace CrunSharp.Registry.Http;

/// <summary>A host gave no answer, or none that may be used. Inside this room only: the client says for which image.</summary>
internal sealed class RegistryFailureException(Uri uri, string why, Exception? inner = null) : Exception(why, inner)
{
    /// <summary>Host, and port where it is not the usual one.</summary>
    public string Host { get; } = uri.Authority;

    /// <summary>Whether the same request may succeed a moment later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether nothing there was seen to speak TLS, so that plain http may be tried where it is allowed.</summary>
    public bool MayBePlain { get; init; }

    public IReadOnlyList<string> Hints { get; init; } = [];

    public static RegistryFailureException From(Uri uri, Exception exception, Connection? connection)
    {
        SocketError? socket = Find<SocketException>(exception)?.SocketErrorCode;
        HttpRequestError error = (exception as HttpRequestException)?.HttpRequestError ?? (exception as HttpIOException)?.HttpRequestError ?? HttpRequestError.Unknown;
        switch (error)
        {
            case HttpRequestError.SecureConnectionError when connection?.CertificateRefusal is { } refusal:
                return new RegistryFailureException(uri, refusal, exception)
                {
                    Hints =
                    [
                        $"if you trust the authority, put its certificate there: {connection.CertificatePlace}/ca.crt",
                        $"or allow it unproved: in registries.conf, a [[registry]] with location = \"{uri.Authority}\" and insecure = true",
                    ],
                };
            case HttpRequestError.SecureConnectionError:
                return new RegistryFailureException(uri, "the TLS handshake failed: it speaks no TLS, or none in common with this host", exception)
                {
                    IsTransient = socket is not null,
                    MayBePlain = connection?.SawCertificate != true,
                    Hints = [$"if it speaks plain http only, allow that: in registries.conf, a [[registry]] with location = \"{uri.Authority}\" and insecure = true"],
                };
            case HttpRequestError.NameResolutionError:
                return new RegistryFailureException(uri, "no address is known for this name", exception)
                {
                    IsTransient = socket == SocketError.TryAgain,
                    Hints = ["check the spelling, /etc/resolv.conf, and whether this host has a network"],
                };
            case HttpRequestError.ProxyTunnelError:
                return new RegistryFailureException(uri, "the proxy refused to connect to it", exception)
                {
                    MayBePlain = true,
                    Hints = ["look at HTTPS_PROXY, HTTP_PROXY and NO_PROXY"],
                };
            case HttpRequestError.ResponseEnded:
                return new RegistryFailureException(uri, "it closed the connection before its answer was complete", exception) { IsTransient = true };
            case HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError:
                return new RegistryFailureException(uri, "what it answered is not HTTP", exception);
            case HttpRequestError.ConfigurationLimitExceeded:
                return new RegistryFailureException(uri, "its answer's headers are too long", exception);
        }

        string why = socket switch
        {
            SocketError.ConnectionRefused => $"nothing listens on port {uri.Port}",
            SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted => "it broke the connection",
            SocketError.TimedOut => "it does not answer",
            SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown => "there is no network path to it",
            SocketError.AccessDenied => "this host's rules forbid the connection",
            { } other => $"the connection failed ({other})",
            null => "the connection broke",
        };
        return new RegistryFailureException(uri, why, exception)
        {
            // 'registry.lan' without a port: nobody at 443 says nothing about 80.
            MayBePlain = socket == SocketError.ConnectionRefused && uri is { Scheme: "https", IsDefaultPort: true },
            IsTransient = socket is not (SocketError.ConnectionRefused or SocketError.AccessDenied),
        };
    }

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }
}
