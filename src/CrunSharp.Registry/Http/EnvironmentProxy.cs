using System.Net;

namespace CrunSharp.Registry.Http;

/// <summary>The proxies that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name, read as docker and podman read them.</summary>
/// <remarks>The framework's own reader knows no networks and no ports in NO_PROXY, and would send loopback to the proxy.</remarks>
internal sealed class EnvironmentProxy : IWebProxy, ICredentials
{
    private readonly Uri? _forHttp;
    private readonly Uri? _forHttps;
    private readonly string[] _exceptions;

    public EnvironmentProxy(Func<string, string?> environment)
    {
        Uri? all = Read("ALL_PROXY");
        _forHttp = Read("HTTP_PROXY") ?? all;
        _forHttps = Read("HTTPS_PROXY") ?? all;
        _exceptions = (Variable("NO_PROXY") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        string? Variable(string name) => environment(name) is { Length: > 0 } upper ? upper : environment(name.ToLowerInvariant());

        Uri? Read(string name)
        {
            string? text = Variable(name);
            text = string.IsNullOrEmpty(text) || text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
            return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "socks5" or "socks5h" or "socks4" or "socks4a"
                ? new UriBuilder(uri) { Scheme = uri.Scheme == "socks5h" ? "socks5" : uri.Scheme }.Uri
                : null;
        }
    }

    /// <summary>The proxies' own names and passwords come with their addresses.</summary>
    public ICredentials? Credentials
    {
        get => this;
        set => throw new NotSupportedException();
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : destination.Scheme == "https" ? _forHttps : _forHttp;

    public bool IsBypassed(Uri host) =>
        (host.Scheme == "https" ? _forHttps : _forHttp) is null || Loopback.Is(host) || Array.Exists(_exceptions, exception => Excepts(exception, host));

    public NetworkCredential? GetCredential(Uri uri, string authType)
    {
        foreach (Uri? proxy in (ReadOnlySpan<Uri?>)[_forHttps, _forHttp])
        {
            if (proxy is { UserInfo.Length: > 0 } && proxy.Host == uri.Host && proxy.Port == uri.Port)
            {
                string[] parts = proxy.UserInfo.Split(':', 2);
                return new NetworkCredential(Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? ""));
            }
        }

        return null;
    }

    private static bool Excepts(string exception, Uri host)
    {
        if (exception == "*")
        {
            return true;
        }

        bool isAddress = IPAddress.TryParse(host.IdnHost, out IPAddress? address);
        if (isAddress && IPNetwork.TryParse(exception, out IPNetwork network))
        {
            return network.Contains(address!);
        }

        string name = exception;
        if (exception.LastIndexOf(':') is var colon && colon > 0 && exception.IndexOf(':') == colon)
        {
            if (!int.TryParse(exception[(colon + 1)..], out int port) || port != host.Port)
            {
                return false;
            }

            name = exception[..colon];
        }

        if (isAddress)
        {
            return IPAddress.TryParse(name, out IPAddress? excepted) && excepted.Equals(address);
        }

        // 'a.io' is a.io and all below it; '.a.io' and '*.a.io' only what is below.
        string suffix = name.StartsWith('*') ? name[1..] : name;
        return suffix.StartsWith('.')
            ? host.IdnHost.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
            : host.IdnHost.Equals(suffix, StringComparison.OrdinalIgnoreCase) || host.IdnHost.EndsWith($".{suffix}", StringComparison.OrdinalIgnoreCase);
    }
}
