from callweave.domain.leases.renewing import PROMISED, renewal_is_due

__all__ = ["PROMISED", "renewal_is_due"]
